using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Memory;

/// <summary>Copies between memory of this process and what a descriptor leads to, whole or not at all: pread(2) and pwrite(2).</summary>
public static unsafe class DescriptorCopy
{
    // The last bytes of a message, which programs poll, are one aligned word.
    private const ulong Word = sizeof(ulong);

    /// <summary>Copies to memory.</summary>
    /// <param name="from">Open for reading.</param>
    /// <param name="offset">First byte there.</param>
    /// <param name="to">Where to.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>0, or the errno; ENXIO when the end comes first, as lseek(2) has it of an offset past the end of a file.</returns>
    public static int Read(SafeFileHandle from, ulong offset, byte* to, nuint length)
    {
        while (length > 0)
        {
            nint read = MemoryCalls.Pread(from, to, length, (long)offset);
            if (read <= 0)
            {
                int errno = read == 0 ? ENXIO : Marshal.GetLastPInvokeError();
                if (errno == EINTR)
                {
                    continue;
                }

                return errno;
            }

            to += read;
            offset += (ulong)read;
            length -= (nuint)read;
        }

        return 0;
    }

    /// <summary>Copies from memory, the last word after all others.</summary>
    /// <param name="to">Open for writing.</param>
    /// <param name="offset">First byte there.</param>
    /// <param name="from">Where from.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>0, or the errno, ENXIO when nothing more can be written there: then part of it may have been.</returns>
    public static int Write(SafeFileHandle to, ulong offset, byte* from, nuint length)
    {
        nuint tail = (nuint)((offset + length) % Word);
        tail = tail == 0 ? (nuint)Word : tail;
        nuint head = length > tail ? length - tail : 0;
        int errno = WriteInOrder(to, offset, from, head);
        return errno != 0 ? errno : WriteInOrder(to, offset + head, from + head, length - head);
    }

    private static int WriteInOrder(SafeFileHandle to, ulong offset, byte* from, nuint length)
    {
        while (length > 0)
        {
            nint written = MemoryCalls.Pwrite(to, from, length, (long)offset);
            if (written <= 0)
            {
                int errno = written == 0 ? ENXIO : Marshal.GetLastPInvokeError();
                if (errno == EINTR)
                {
                    continue;
                }

                return errno;
            }

            from += written;
            offset += (ulong)written;
            length -= (nuint)written;
        }

        return 0;
    }
}
