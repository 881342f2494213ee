using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_magic;

namespace DaxEmu.Linux.Memory;

/// <summary>The memory of a process by a descriptor of its <c>/proc/PID/mem</c>: proc_pid_mem(5).</summary>
/// <remarks>
/// Who may open it is settled when it is opened; the descriptor stays with the memory that the process had then, which is gone after
/// execve(2). A copy may wait as long as a page fault of that process: for userfaultfd(2), or for the server of a filesystem.
/// </remarks>
public static unsafe class ProcessMemory
{
    // The last bytes of a message, which programs poll, are one aligned word.
    private const ulong Word = sizeof(ulong);

    /// <summary>
    /// True when a descriptor is a process's memory and nothing else. Reading any other file of a client could wait for ever (a FIFO, a
    /// socket), or do what the client may not.
    /// </summary>
    /// <param name="descriptor">Any open descriptor.</param>
    /// <exception cref="LinuxException">fstatfs(2) or fcntl(2) failed.</exception>
    public static bool Is(SafeFileHandle descriptor)
    {
        // Nobody can make files in proc, so the name tells what it is; the path to it depends on where proc is mounted.
        if (DescriptorStatus.FilesystemOf(descriptor) != PROC_SUPER_MAGIC)
        {
            return false;
        }

        string[] names = DescriptorStatus.NameOf(descriptor).Split('/');
        return names.Length >= 3 && names[^1] == "mem" && int.TryParse(names[^2], NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }

    /// <summary>Copies from the process; false when not all of it is there.</summary>
    /// <param name="memory">Its memory, open for reading.</param>
    /// <param name="address">First byte, in that process.</param>
    /// <param name="to">Where to.</param>
    /// <param name="length">Bytes.</param>
    public static bool TryRead(SafeFileHandle memory, ulong address, byte* to, nuint length)
    {
        while (length > 0)
        {
            nint read = MemoryCalls.Pread(memory, to, length, (long)address);
            if (read < 0 && Marshal.GetLastPInvokeError() == EINTR)
            {
                continue;
            }

            if (read <= 0)
            {
                return false;
            }

            to += read;
            address += (ulong)read;
            length -= (nuint)read;
        }

        return true;
    }

    /// <summary>Copies to the process, the last word after all others; false when not all of it could be written.</summary>
    /// <param name="memory">Its memory, open for writing.</param>
    /// <param name="address">First byte, in that process.</param>
    /// <param name="from">Where from.</param>
    /// <param name="length">Bytes.</param>
    public static bool TryWrite(SafeFileHandle memory, ulong address, byte* from, nuint length)
    {
        nuint tail = (nuint)((address + length) % Word);
        tail = tail == 0 ? (nuint)Word : tail;
        nuint head = length > tail ? length - tail : 0;
        return TryWriteInOrder(memory, address, from, head)
            && TryWriteInOrder(memory, address + head, from + head, length - head);
    }

    private static bool TryWriteInOrder(SafeFileHandle memory, ulong address, byte* from, nuint length)
    {
        while (length > 0)
        {
            nint written = MemoryCalls.Pwrite(memory, from, length, (long)address);
            if (written < 0 && Marshal.GetLastPInvokeError() == EINTR)
            {
                continue;
            }

            if (written <= 0)
            {
                return false;
            }

            from += written;
            address += (ulong)written;
            length -= (nuint)written;
        }

        return true;
    }
}
