namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>Where a file's bytes lie.</summary>
/// <param name="Mapped">True when the filesystem has a map of extents (FIEMAP); false when only holes are known (SEEK_HOLE).</param>
/// <param name="Complete">False when there are more extents than were read.</param>
/// <param name="Count">Extents.</param>
/// <param name="Holes">Bytes of the file that have no block.</param>
/// <param name="Unwritten">Bytes in blocks that were never written, and read as zeros.</param>
/// <param name="Delayed">Bytes that wait for write-back to get a block.</param>
/// <param name="Shared">Bytes in blocks that another file or a snapshot uses too.</param>
/// <param name="Compressed">Bytes that lie compressed.</param>
/// <param name="Encrypted">Bytes that lie encrypted.</param>
/// <param name="Inline">Bytes that lie in metadata, in no block of their own.</param>
internal sealed record ExtentFacts(
    bool Mapped, bool Complete, int Count, long Holes, long Unwritten, long Delayed, long Shared, long Compressed, long Encrypted, long Inline);
