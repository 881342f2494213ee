using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>A part of a region that is reached by copying: bytes of one file.</summary>
/// <param name="File">The file, for all that copy.</param>
/// <param name="Descriptor">The device's own descriptor of it: nobody else can set its flags, O_APPEND for one.</param>
/// <param name="Start">Offset of its first byte in the range.</param>
/// <param name="Offset">Offset of that byte in the file.</param>
/// <param name="Length">Bytes.</param>
internal sealed record BouncedPart(BouncedFile File, SafeFileHandle Descriptor, ulong Start, ulong Offset, ulong Length);
