namespace DaxEmu.Daemon.Admin;

/// <summary>A guarded volume.</summary>
/// <param name="Backing">The real directory.</param>
/// <param name="Mount">Where the guard mounted it; null when it is guarded in place.</param>
/// <param name="Guard">What guards it.</param>
/// <param name="Passthrough">Whether reads, writes and mappings go straight to the backing file, past the daemon.</param>
/// <param name="Reason">Why so, as a sentence.</param>
/// <param name="Gaps">What the guard does not catch here, a sentence each.</param>
internal sealed record VolumeStatus(string Backing, string? Mount, string Guard, bool Passthrough, string Reason, IReadOnlyList<string> Gaps);
