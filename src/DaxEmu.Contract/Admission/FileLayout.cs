namespace DaxEmu.Contract;

/// <summary>Where the bytes of a range lie, as far as admission asks.</summary>
/// <param name="Hole">The first bytes without a block; null when there are none.</param>
/// <param name="Unwritten">The first bytes in a block that was never written; null when there are none, or it cannot be told.</param>
/// <param name="Shared">The first bytes in a block that another file or a snapshot uses too; null when there are none, or it cannot be told.</param>
/// <param name="SharingIsKnown">False when the filesystem does not tell which blocks are shared.</param>
/// <param name="Instabilities">What else may move them.</param>
/// <param name="HolesAreKnown">False when which bytes have no block cannot be told.</param>
public readonly record struct FileLayout(
    ByteRange? Hole, ByteRange? Unwritten, ByteRange? Shared, bool SharingIsKnown, FileInstabilities Instabilities, bool HolesAreKnown = true);
