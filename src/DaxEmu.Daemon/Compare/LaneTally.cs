namespace DaxEmu.Daemon.Compare;

/// <summary>What was counted. Each lane counts for itself; <see cref="Add"/> takes them together.</summary>
internal sealed class LaneTally
{
    /// <summary>RDMA writes carried out.</summary>
    public long Writes { get; set; }

    /// <summary>Bytes of those.</summary>
    public long Bytes { get; set; }

    /// <summary>What each took, in microseconds.</summary>
    public List<double> WriteMicroseconds { get; } = [];

    /// <summary>Work requests that failed.</summary>
    public long FailedRequests { get; set; }

    /// <summary>How the first request of each failure ended, and how often.</summary>
    public SortedDictionary<string, long> Failures { get; } = new(StringComparer.Ordinal);

    /// <summary>File operations.</summary>
    public List<MutationResult> Mutations { get; } = [];

    /// <summary>Programs that got SIGKILL.</summary>
    public long Killed { get; set; }

    /// <summary>Times that a writer had to connect, and the holder to register, anew.</summary>
    public long Recoveries { get; set; }

    /// <summary>How long that took, in seconds.</summary>
    public double RecoverySeconds { get; set; }

    /// <summary>Bytes compared at quiet points.</summary>
    public long ComparedBytes { get; set; }

    /// <summary>Bytes of those that file and device disagreed on.</summary>
    public long DisagreeingBytes { get; set; }

    /// <summary>Bytes that were written and completed, and were not in the file although nothing was to touch them.</summary>
    public long VanishedBytes { get; set; }

    /// <summary>What a policy says and was not seen, a sentence each.</summary>
    public List<string> Unmet { get; } = [];

    /// <summary>Takes another's counts in.</summary>
    public void Add(LaneTally other)
    {
        Writes += other.Writes;
        Bytes += other.Bytes;
        WriteMicroseconds.AddRange(other.WriteMicroseconds);
        FailedRequests += other.FailedRequests;
        foreach ((string status, long count) in other.Failures)
        {
            Failures[status] = Failures.GetValueOrDefault(status) + count;
        }

        Mutations.AddRange(other.Mutations);
        Killed += other.Killed;
        Recoveries += other.Recoveries;
        RecoverySeconds += other.RecoverySeconds;
        ComparedBytes += other.ComparedBytes;
        DisagreeingBytes += other.DisagreeingBytes;
        VanishedBytes += other.VanishedBytes;
        Unmet.AddRange(other.Unmet);
    }
}
