namespace DaxEmu.Daemon.Admin;

/// <summary>A guarded volume.</summary>
/// <param name="Backing">The real directory.</param>
/// <param name="Mount">Where the guard mounted it.</param>
/// <param name="Passthrough">Whether reads, writes and mappings go straight to the backing file.</param>
internal sealed record VolumeStatus(string Backing, string Mount, bool Passthrough);
