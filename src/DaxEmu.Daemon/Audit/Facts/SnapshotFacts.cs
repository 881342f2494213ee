namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>Snapshots of a btrfs subvolume.</summary>
/// <param name="IsSnapshot">True when the subvolume is one itself; null when that could not be asked.</param>
/// <param name="Names">Its snapshots; null when they could not be asked.</param>
/// <param name="NotAsked">Why not; empty when all was asked.</param>
internal sealed record SnapshotFacts(bool? IsSnapshot, IReadOnlyList<string>? Names, string NotAsked);
