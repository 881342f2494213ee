namespace DaxEmu.Daemon.Compare;

/// <summary>What one policy made of the workload.</summary>
/// <param name="Policy">Its name.</param>
/// <param name="AsPredicted">True when it behaved as it says.</param>
/// <param name="Unmet">Where it did not, a sentence each.</param>
/// <param name="Cost">What it costs, and whom.</param>
/// <param name="Rounds">Quiet points reached.</param>
/// <param name="Seconds">How long writers and programs worked at the same time.</param>
/// <param name="RdmaWrites">RDMA writes carried out.</param>
/// <param name="RdmaBytes">Bytes of those.</param>
/// <param name="MebibytesPerSecond">That in the time above, recoveries included.</param>
/// <param name="RdmaWriteMicroseconds">What an RDMA write took.</param>
/// <param name="RequestsFailed">Work requests that failed.</param>
/// <param name="Failures">How the first of each failure ended, and how often.</param>
/// <param name="Recoveries">Times that a writer had to connect, and the holder to register, anew.</param>
/// <param name="RecoverySeconds">How long that took in all.</param>
/// <param name="Operations">File operations.</param>
/// <param name="OperationMicroseconds">What those took that take blocks away.</param>
/// <param name="Refused">Operations that failed with ETXTBSY or ETIMEDOUT.</param>
/// <param name="Ignored">Operations that were told of a success that was none.</param>
/// <param name="Delayed">Operations that waited for a holder.</param>
/// <param name="Unsupported">Operations that FUSE does not pass on, whatever the policy: collapse-range and insert-range.</param>
/// <param name="RegionsRevoked">Regions that were taken away.</param>
/// <param name="Killed">Programs that got SIGKILL.</param>
/// <param name="BytesCompared">Bytes compared at quiet points.</param>
/// <param name="BytesDisagreeing">Bytes of those that file and device disagreed on.</param>
/// <param name="DivergencesReported">Uses of pages that are no longer the file's, by the journal.</param>
/// <param name="BytesVanished">Bytes that were written and completed, and were not in the file although nothing was to touch them.</param>
/// <param name="Crash">What was lost when the power was cut.</param>
/// <param name="Throughput">Mebibytes per second of each round, in order.</param>
internal sealed record PolicyReport(
    string Policy,
    bool AsPredicted,
    IReadOnlyList<string> Unmet,
    string Cost,
    int Rounds,
    double Seconds,
    long RdmaWrites,
    long RdmaBytes,
    double MebibytesPerSecond,
    Percentiles RdmaWriteMicroseconds,
    long RequestsFailed,
    IReadOnlyDictionary<string, long> Failures,
    long Recoveries,
    double RecoverySeconds,
    long Operations,
    Percentiles OperationMicroseconds,
    long Refused,
    long Ignored,
    long Delayed,
    long Unsupported,
    long RegionsRevoked,
    long Killed,
    long BytesCompared,
    long BytesDisagreeing,
    long DivergencesReported,
    long BytesVanished,
    CrashReport Crash,
    IReadOnlyList<double> Throughput);
