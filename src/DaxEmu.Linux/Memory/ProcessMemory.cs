using System.Globalization;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_magic;

namespace DaxEmu.Linux.Memory;

/// <summary>The memory of a process by a descriptor of its <c>/proc/PID/mem</c>: proc_pid_mem(5).</summary>
/// <remarks>
/// Who may open it is settled when it is opened; the descriptor stays with the memory that the process had then, which is gone after
/// execve(2). <see cref="DescriptorCopy"/> copies, by addresses of that process; it may wait as long as a page fault there: for
/// userfaultfd(2), or for the server of a filesystem.
/// </remarks>
public static class ProcessMemory
{
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

    /// <summary>Reads eight bytes of a process's memory; false when they are not there or may not be read.</summary>
    /// <param name="process">Its id, or that of one of its threads.</param>
    /// <param name="address">Where they are, in that process.</param>
    /// <param name="word">They.</param>
    public static bool TryReadWord(int process, ulong address, out ulong word)
    {
        word = 0;
        if (Files.FileContents.Open($"/proc/{process}/mem", Abi.fcntl.O_RDONLY, out SafeFileHandle? memory) < 0)
        {
            return false;
        }

        using (memory)
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            bool isThere = Files.FileContents.ReadAt(memory!, bytes, (long)address) == bytes.Length;
            word = BitConverter.ToUInt64(bytes);
            return isThere;
        }
    }
}
