using Xunit;

namespace DaxEmu.Conformance;

/// <summary>A holder whose open device file another process has too: the process that opened it answers for it. programs/inherited_device.c.</summary>
public sealed class InheritedDeviceTests(LeasingMachine machine) : IClassFixture<LeasingMachine>
{
    private const int Length = 64 << 10;
    private const int Killed = 128 + 9;
    private const string Asked = "the opener is asked";
    private const string Survived = "the opener goes on";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // 10 is IBV_WC_REM_ACCESS_ERR, 95 EOPNOTSUPP.
    [Theory]
    [InlineData("lease-kill", "forked", Killed, new[] { Asked }, "with 0", "ends with 10")]
    [InlineData("lease-kill", "passed", Killed, new[] { Asked }, "with 95", "")]
    [InlineData("lease-kill", "left", 0, new string[0], "with 0", "ends with 10")]
    [InlineData("lease-revoke", "forked", 0, new[] { Survived, Asked }, "with 0", "ends with 10")]
    [InlineData("lease-revoke", "changed", 0, new[] { Survived }, "with 0", "ends with 10")]
    public async Task Who_opened_the_device_is_asked_and_killed_and_who_got_it_has_lost_the_region_alone(
        string policy, string how, int status, string[] openerSays, string device, string region)
    {
        Assert.SkipUnless(machine.HasVolume, "there is no /dev/fuse");
        Assert.SkipWhen(how == "changed" && !Environment.IsPrivilegedProcess, "only root can change its user and come back");
        string program = await machine.CompileAsync("inherited_device");
        string file = Path.Combine(machine.Volume, $"{policy}-{how}");
        await File.WriteAllBytesAsync(file, new byte[Length], TestContext.Current.CancellationToken);
        (await machine.RunAsync(Machine.Command, "policy", "set", file, policy)).Succeeded();
        using RunningProgram holder = machine.StartWithInput(
            new Dictionary<string, string> { ["DAXEMU_LEASE_SIGNAL"] = "USR1" }, program, file, how);
        await holder.WaitForTextAsync("the other has it", Patience, mayEnd: true);

        using (RunningProgram truncate = RunningProgram.Start("truncate", ["--size=0", file], new Dictionary<string, string>()))
        {
            Assert.Equal(0, await truncate.EndAsync(Patience));
        }

        ProgramResult pins = await machine.RunAsync(Machine.Command, "pins", "--socket", machine.Runtime, "--json");
        Assert.DoesNotContain("rkey", pins.Succeeded().Text, StringComparison.Ordinal);
        holder.EndInput();
        Assert.Equal(status, await holder.EndAsync(Patience));
        Assert.Equal(openerSays, holder.Text.Split('\n').Where(line => line.StartsWith("the opener", StringComparison.Ordinal)).Order());
        Assert.DoesNotContain("the other is asked", holder.Text, StringComparison.Ordinal);
        Assert.Contains($"the device answers the other {device}", holder.Text, StringComparison.Ordinal);
        Assert.Contains(region, holder.Text, StringComparison.Ordinal);
    }
}
