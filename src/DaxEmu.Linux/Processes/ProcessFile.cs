using System.Text;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Linux.Processes;

/// <summary>Small files of proc(5), read in one go with as few system calls as it takes: guards do it while a program waits.</summary>
internal static class ProcessFile
{
    private const int Largest = 8192;

    /// <summary>The text of the file; empty when it is gone or may not be read.</summary>
    internal static string Read(string path)
    {
        Span<byte> text = stackalloc byte[Largest];
        int opened = FileContents.Open(path, O_RDONLY, out SafeFileHandle? file);
        using (file)
        {
            int length = opened < 0 ? opened : FileContents.Read(file!, text);
            return Encoding.ASCII.GetString(text[..Math.Max(length, 0)]);
        }
    }
}
