using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux;
using static DaxEmu.Abi.linux_fuse;

namespace DaxEmu.Guards.Fuse;

/// <summary>FUSE_INIT: what the kernel offers and what is taken of it.</summary>
internal static class FuseHandshake
{
    /// <summary>For a request or reply with the largest data: 256 pages, and headers.</summary>
    internal const int BufferSize = (int)MaxWrite + 4096;

    // The kernel's limit without fs.fuse.max_pages_limit raised.
    private const uint MaxWrite = 1 << 20;
    private const ushort MaxPages = 256;

    // 7.40: the first minor version whose fuse_open_out has a backing id. The kernel uses the lower of both sides' versions.
    private const uint Minor = 40;

    // Not taken, each for a reason: ATOMIC_O_TRUNC (a refused or pretended truncate must leave the kernel's pages alone), POSIX and
    // flock locks (the kernel keeps them right for one mount by itself), WRITEBACK_CACHE (excludes passthrough).
    // HANDLE_KILLPRIV_V2 is taken because without it every write asks for security.capability first, a round trip that makes it ten times
    // as dear; the price is paid in FileOperations.Open. EXPLICIT_INVAL_DATA instead of AUTO_INVAL_DATA: without passthrough the mount's
    // cache is the truth for all who use it, and dropping its pages whenever a time stamp or a size looks new, while programs share them,
    // has cost databases with a write-ahead log their integrity (about one run in thirty of the sqlite test on Linux 6.18).
    private const ulong Wanted = FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_DONT_MASK | FUSE_EXPLICIT_INVAL_DATA | FUSE_DO_READDIRPLUS
        | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO | FUSE_PARALLEL_DIROPS | FUSE_POSIX_ACL | FUSE_MAX_PAGES | FUSE_SETXATTR_EXT
        | FUSE_HANDLE_KILLPRIV_V2 | FUSE_INIT_EXT;

    /// <summary>Answers the first request of a connection.</summary>
    /// <param name="device">The connection, just mounted.</param>
    /// <param name="stackDepth">
    /// How many file systems stacked on each other the backing files may be reached through, 1 or 2; 0 to do without passthrough.
    /// </param>
    /// <returns>True when passthrough was offered and taken.</returns>
    /// <exception cref="LinuxException">The connection broke.</exception>
    /// <exception cref="NotSupportedException">The kernel speaks another major version.</exception>
    internal static bool Answer(FuseDevice device, uint stackDepth)
    {
        byte[] buffer = new byte[BufferSize];
        int length = device.Read(buffer);
        if (length < 0)
        {
            throw new LinuxException("read(\"/dev/fuse\") of FUSE_INIT", -length);
        }

        FuseRequest request = new(buffer.AsSpan(0, length));
        fuse_init_in offer = request.Take<fuse_init_in>();
        if (offer.major != FUSE_KERNEL_VERSION)
        {
            throw new NotSupportedException($"the kernel speaks FUSE {offer.major}.{offer.minor}; version {FUSE_KERNEL_VERSION} is needed");
        }

        ulong offered = offer.flags | ((offer.flags & FUSE_INIT_EXT) != 0 ? (ulong)offer.flags2 << 32 : 0);
        ulong taken = offered & (Wanted | (stackDepth > 0 ? FUSE_PASSTHROUGH : 0));
        Span<byte> reply = new byte[FuseDevice.HeaderSize + Unsafe.SizeOf<fuse_init_out>()];
        MemoryMarshal.Write(reply[FuseDevice.HeaderSize..], new fuse_init_out
        {
            major = FUSE_KERNEL_VERSION,
            minor = Minor,
            max_readahead = offer.max_readahead,
            flags = (uint)taken,
            flags2 = (uint)(taken >> 32),
            max_background = 16,
            congestion_threshold = 12,
            max_write = MaxWrite,
            max_pages = MaxPages,
            time_gran = 1,
            max_stack_depth = (taken & FUSE_PASSTHROUGH) != 0 ? stackDepth : 0,
        });
        int sent = device.Reply(request.Header.unique, Unsafe.SizeOf<fuse_init_out>(), reply);
        return sent < 0 ? throw new LinuxException("write(\"/dev/fuse\") of FUSE_INIT", -sent) : (taken & FUSE_PASSTHROUGH) != 0;
    }
}
