using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Daemon.Compare;

/// <summary>Makes room in a file again that somebody cut.</summary>
internal static class FileGrowth
{
    /// <summary>Grows a file to a length; leaves a longer one alone.</summary>
    /// <exception cref="LinuxException">It cannot be grown.</exception>
    public static void EnsureLength(string path, long length)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.GetLength(file) < length)
        {
            int grown = FileContents.SetSizeThrough(file, length);
            if (grown < 0)
            {
                throw new LinuxException($"ftruncate(\"{path}\", {length})", -grown);
            }
        }
    }
}
