using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Fuse;

/// <summary>A regular file opened on the mount.</summary>
/// <param name="Node">The file.</param>
/// <param name="Descriptor">The backing file, opened with the same access mode.</param>
/// <param name="IsWritable">The opener may write.</param>
internal sealed record OpenFile(Node Node, SafeFileHandle Descriptor, bool IsWritable);
