using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The notice that a lease is broken, as a signal: DAXEMU_LEASE_SIGNAL.</summary>
public sealed class LeaseSignalTests(Machine machine)
{
    private const int Length = 64 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_program_that_asked_for_a_signal_learns_by_it_which_region_is_wanted_back()
    {
        Assert.SkipUnless(machine.HasVolume, "there is no /dev/fuse");
        string program = await machine.CompileAsync("lease_signal");
        string file = Path.Combine(machine.Volume, "lease-signal");
        await File.WriteAllBytesAsync(file, new byte[Length], TestContext.Current.CancellationToken);
        (await machine.RunAsync(Machine.Command, "policy", "set", file, "lease-revoke")).Succeeded();
        using RunningProgram holder = machine.StartWith(new Dictionary<string, string> { ["DAXEMU_LEASE_SIGNAL"] = "RTMIN+1" }, program, file);
        await holder.WaitForTextAsync("registered", Patience);

        // Well within the 45 s after which the region would be taken away.
        using RunningProgram truncate = RunningProgram.Start("truncate", [$"--size={Length / 2}", file], new Dictionary<string, string>());

        Assert.Equal(0, await truncate.EndAsync(Patience));
        await holder.WaitForTextAsync("given back", Patience);
        Assert.Equal(Length / 2, new FileInfo(file).Length);
    }

    [Theory]
    [InlineData("SIGNOTHING")]
    [InlineData("0x10")]
    [InlineData("RTMIN+99")]
    [InlineData("RTMAX+1")]
    [InlineData("RTMIN1")]
    [InlineData("-1")]
    [InlineData("65")]
    public async Task A_name_of_no_signal_is_refused_when_the_device_is_opened(string name)
    {
        string program = await machine.CompileAsync("lease_signal");

        using RunningProgram refused = machine.StartWith(new Dictionary<string, string> { ["DAXEMU_LEASE_SIGNAL"] = name }, program, "/dev/null");

        Assert.NotEqual(0, await refused.EndAsync(Patience));
        Assert.Contains($"DAXEMU_LEASE_SIGNAL is \"{name}\": it must name a signal", refused.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SIGUSR1")]
    [InlineData("USR2")]
    [InlineData("10")]
    [InlineData("SIGRTMIN")]
    [InlineData("RTMAX-1")]
    [InlineData("")]
    public async Task All_ways_to_name_a_signal_open_the_device(string name)
    {
        Machine.Require("ibv_devinfo", "ibverbs-utils");

        using RunningProgram devinfo = machine.StartWith(new Dictionary<string, string> { ["DAXEMU_LEASE_SIGNAL"] = name }, "ibv_devinfo");

        Assert.Equal(0, await devinfo.EndAsync(Patience));
    }
}
