namespace DaxEmu.Linux.Files;

/// <summary>A subvolume of a btrfs filesystem.</summary>
/// <param name="Id">Its tree.</param>
/// <param name="Identity">Its UUID.</param>
/// <param name="Origin">The UUID of the subvolume that it is a snapshot of; all zero when it is none.</param>
/// <param name="Name">Its name in the directory that holds it; empty for the filesystem's top.</param>
public sealed record BtrfsSubvolume(ulong Id, Guid Identity, Guid Origin, string Name);
