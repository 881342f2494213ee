using Xunit;

namespace DaxEmu.Conformance;

/// <summary>libibverbs asks by ioctl(2) first, and by write(2) where that is not served.</summary>
public sealed class IoctlTests(Machine machine)
{
    private const string Write = "uverbs write";
    private const string Ioctl = "uverbs ioctl";

    [Fact]
    public async Task A_program_that_makes_no_write_at_all_connects_and_moves_data()
    {
        string program = await machine.CompileAsync("ioctl_only");

        ProgramResult result = (await machine.RunAsync("env", "DAXEMU_DEBUG=2", program, "/dev/infiniband/uverbs0")).Succeeded();

        Assert.Contains("all by ioctl", result.Text, StringComparison.Ordinal);
        Assert.Contains(Ioctl, result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Write, result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shared_receive_queue_is_made_resized_and_destroyed()
    {
        string program = await machine.CompileAsync("shared_receives");

        ProgramResult result = (await machine.RunAsync("env", "DAXEMU_DEBUG=2", program)).Succeeded();

        Assert.Contains("it grew", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Write, result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Libibverbs_makes_no_write_but_to_ring()
    {
        string program = await machine.CompileAsync("descriptors");

        // Its doorbell is a write(2), which never leaves the program.
        ProgramResult result = (await machine.RunAsync("env", "DAXEMU_DEBUG=2", program, "duplicated")).Succeeded();

        Assert.Contains(Ioctl, result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Write, result.Text, StringComparison.Ordinal);
    }
}
