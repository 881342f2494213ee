using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Files;

/// <summary>
/// <c>/proc/self/fd/N</c> as bytes: the path that makes the kernel follow an O_PATH descriptor to its file without a name (proc(5)).
/// The caller keeps the descriptor open while the path is in use.
/// </summary>
[InlineArray(32)]
internal struct DescriptorPath
{
    private byte _first;

    internal static DescriptorPath Of(SafeFileHandle descriptor)
    {
        DescriptorPath path = default;
        Span<byte> bytes = path;
        "/proc/self/fd/"u8.CopyTo(bytes);
        Utf8Formatter.TryFormat((int)descriptor.DangerousGetHandle(), bytes["/proc/self/fd/".Length..^1], out _);
        return path;
    }
}
