namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>All that was seen of a file or directory. Nothing here is a judgement.</summary>
/// <param name="Path">As asked for, absolute.</param>
/// <param name="Filesystem">Where it lies.</param>
/// <param name="File">Its own state.</param>
/// <param name="Extents">Where its bytes lie; null for a directory and where that could not be asked.</param>
/// <param name="Leases">Leases that processes hold on it.</param>
/// <param name="Openers">Who has it open or mapped; null for a directory.</param>
/// <param name="Snapshots">The subvolume and its snapshots; null off btrfs.</param>
/// <param name="Memory">How much memory this user may pin.</param>
/// <param name="Pins">What the running kernel answered.</param>
internal sealed record AuditFacts(
    string Path,
    FilesystemFacts Filesystem,
    FileFacts File,
    ExtentFacts? Extents,
    IReadOnlyList<LeaseHolder> Leases,
    OpenerFacts? Openers,
    SnapshotFacts? Snapshots,
    MemoryLimit Memory,
    PinFacts Pins);
