namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>What this machine's kernel has of what the cells need.</summary>
internal static class RunningKernel
{
    private static readonly Version RingTruncate = new(6, 9);
    private static readonly Version This = Environment.OSVersion.Version;

    // io_uring(7), or kernel/sysctl.rst: 0 lets every user have rings.
    private static readonly bool HasRings = !File.Exists("/proc/sys/kernel/io_uring_disabled")
        || File.ReadAllText("/proc/sys/kernel/io_uring_disabled").Trim() == "0";

    /// <summary>Whether it has a release's features.</summary>
    public static bool Has(Version release) => This >= release;

    /// <summary>Whether a cell can be run.</summary>
    public static bool CanRun(CoveredGuard guard, CoveredOperation operation, CoveredCaller caller) =>
        Has(guard.Since) && Has(operation.Since) && (!caller.UsesRing || (HasRings && (!operation.IsFtruncate || Has(RingTruncate))));
}
