namespace DaxEmu.Daemon.Admin;

/// <summary>A guarded volume.</summary>
/// <param name="Backing">The real directory.</param>
/// <param name="Mount">Where the guard mounted it.</param>
/// <param name="Passthrough">Whether reads, writes and mappings go straight to the backing file.</param>
/// <param name="Reason">Why so, as a sentence.</param>
/// <param name="Gaps">What this machine keeps the guard from doing, a sentence each.</param>
internal sealed record VolumeStatus(string Backing, string Mount, bool Passthrough, string Reason, IReadOnlyList<string> Gaps);
