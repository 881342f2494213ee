namespace DaxEmu.Contract;

/// <summary>
/// A file, whatever names it has: device and inode number of the <em>backing</em> file (stat(2): st_dev, st_ino),
/// so that hard links, renames and the path through a guard's mount all mean the same file.
/// </summary>
/// <param name="Device">st_dev of the backing filesystem.</param>
/// <param name="Inode">st_ino on it.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    /// <summary>The form used in events and messages, <c>device:inode</c> in decimal.</summary>
    public override string ToString() => $"{Device}:{Inode}";
}
