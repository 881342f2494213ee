namespace DaxEmu.Daemon.Compare;

/// <summary>What every policy is put to: sizes and numbers.</summary>
internal static class Workload
{
    /// <summary>Bytes of each file.</summary>
    public const int FileLength = 1 << 20;

    /// <summary>First byte that is registered: what lies before and behind may be changed under any policy.</summary>
    public const int RegionStart = 64 << 10;

    /// <summary>Bytes registered.</summary>
    public const int RegionLength = 768 << 10;

    /// <summary>The end of the region, which no RDMA write goes to: programs write there by write(2).</summary>
    public const int StripLength = 64 << 10;

    /// <summary>RDMA writes in flight at a time.</summary>
    public const int Depth = 4;

    /// <summary>RDMA writes between two looks at how things are.</summary>
    public const int WritesPerBatch = 64;

    /// <summary>File operations between two quiet points.</summary>
    public const int MutationsPerRound = 8;

    /// <summary>What a program does between two file operations.</summary>
    public static readonly TimeSpan ThinkTime = TimeSpan.FromMilliseconds(5);

    /// <summary>What a holder has under the lease policies.</summary>
    public const int LeaseBreakMilliseconds = 50;

    /// <summary>What an operation waits at most under <c>wait</c>.</summary>
    public const int WaitMilliseconds = 150;
}
