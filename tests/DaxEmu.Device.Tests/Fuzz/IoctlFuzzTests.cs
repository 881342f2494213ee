using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>Bent ioctls, those that carry the commands of write(2) among them. DAXEMU_FUZZ_IOCTLS chooses another number.</summary>
public sealed class IoctlFuzzTests(ITestOutputHelper output)
{
    private static readonly long BentIoctls = FuzzSetting.Of("DAXEMU_FUZZ_IOCTLS", otherwise: 500_000);

    // Of each method.
    private static readonly long LeastSuccesses = BentIoctls / 10_000;

    [Fact]
    public void Bent_ioctls_crash_nothing_leave_nothing_and_disturb_nobody()
    {
        Dictionary<string, long> succeeded = FuzzRun.Run(output, BentIoctls, (number, run) => new FuzzedIoctls(number, run));

        FuzzSetting.CheckThatAllSucceed(output, succeeded, IoctlTable.All.Select(m => m.Name), LeastSuccesses, nameof(IoctlGenerator));
    }
}
