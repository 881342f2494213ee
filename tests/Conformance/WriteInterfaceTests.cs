using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The same programs where ioctl(2) is switched off.</summary>
public sealed class WriteInterfaceTests(WriteOnlyMachine machine) : IClassFixture<WriteOnlyMachine>
{
    [Theory]
    [InlineData("duplicated")]
    [InlineData("forked")]
    public async Task Libibverbs_uses_write_instead(string what)
    {
        string program = await machine.CompileAsync("descriptors");

        ProgramResult result = (await machine.RunAsync(program, what)).Succeeded();

        Assert.Contains("uverbs write", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("uverbs ioctl", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shared_receive_queue_is_made_resized_and_destroyed()
    {
        string program = await machine.CompileAsync("shared_receives");

        Assert.Contains("it grew", (await machine.RunAsync(program)).Succeeded().Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("polls")]
    [InlineData("sleeps until a completion event", "-e")]
    public async Task Messages_arrive_whole(string how, params string[] arguments)
    {
        Machine.Require("ibv_rc_pingpong", "ibverbs-utils");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(
            "ibv_rc_pingpong", ["-g", "3", "-c", "-n", "100", .. arguments]);

        Assert.NotEmpty(how);
        Assert.Contains("iters in", server.Succeeded().Text, StringComparison.Ordinal);
        Assert.Contains("iters in", client.Succeeded().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("invalid data", server.Text + client.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ib_write_bw")]
    [InlineData("ib_read_lat")]
    [InlineData("ib_send_bw", "-e")]
    public async Task A_benchmark_runs_to_its_end(string program, params string[] arguments)
    {
        Machine.Require(program, "perftest");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(program, ["-x", "3", "-F", "-n", "100", .. arguments]);

        server.Succeeded();
        client.Succeeded();
    }
}
