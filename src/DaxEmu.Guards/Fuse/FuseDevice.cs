using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_fuse;

namespace DaxEmu.Guards.Fuse;

/// <summary>An open /dev/fuse: one connection with the kernel. Any number of threads may read and write.</summary>
internal sealed class FuseDevice(SafeFileHandle descriptor) : IDisposable
{
    /// <summary>Room for an answer's header before its body.</summary>
    internal static int HeaderSize { get; } = Unsafe.SizeOf<fuse_out_header>();

    internal SafeFileHandle Descriptor => descriptor;

    /// <summary>Opens a connection that is not mounted yet. Returns 0 or the negated errno.</summary>
    internal static int Open(out FuseDevice? device)
    {
        int opened = FileContents.Open("/dev/fuse", O_RDWR, out SafeFileHandle? descriptor);
        device = opened < 0 ? null : new(descriptor!);
        return opened;
    }

    public void Dispose() => descriptor.Dispose();

    /// <summary>Waits for a request. Returns its length, or a negated errno: ENODEV once unmounted.</summary>
    internal int Read(Span<byte> buffer) => FileContents.Read(descriptor, buffer);

    /// <summary>Answers a request with what lies after the room for the header in <paramref name="message"/>.</summary>
    /// <param name="unique">The request.</param>
    /// <param name="answer">Bytes of body, or a negated errno.</param>
    /// <param name="message">Header room and body.</param>
    /// <returns>0 or a negated errno: ENOENT when the request was aborted meanwhile.</returns>
    internal int Reply(ulong unique, int answer, Span<byte> message)
    {
        int length = HeaderSize + Math.Max(answer, 0);
        MemoryMarshal.Write(message, new fuse_out_header { len = (uint)length, error = Math.Min(answer, 0), unique = unique });
        return Math.Min(FileContents.Write(descriptor, message[..length]), 0);
    }

    /// <summary>Gives the kernel a backing file for passthrough. Returns its id, above 0, or a negated errno.</summary>
    internal int OpenBacking(SafeFileHandle backing)
    {
        fuse_backing_map map = new() { fd = (int)backing.DangerousGetHandle() };
        return FileContents.Control(descriptor, FUSE_DEV_IOC_BACKING_OPEN, ref map);
    }

    internal int CloseBacking(int id) => FileContents.Control(descriptor, FUSE_DEV_IOC_BACKING_CLOSE, ref id);
}
