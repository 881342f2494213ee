using System.Text.RegularExpressions;
using DaxEmu.Abi;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Linux.Files;

/// <summary>The files that the kernel swaps to: /proc/swaps.</summary>
public static partial class SwapFiles
{
    private const string Table = "/proc/swaps";

    /// <summary>True when the kernel swaps to a file.</summary>
    /// <param name="file">Device and inode of the file.</param>
    public static bool Hold(statx file) => (File.Exists(Table) ? Paths(File.ReadLines(Table)) : []).Any(path =>
        FileStatus.StatusOf(path, AT_STATX_DONT_SYNC, STATX_INO, out statx status) == 0
        && (status.stx_ino, status.stx_dev_major, status.stx_dev_minor) == (file.stx_ino, file.stx_dev_major, file.stx_dev_minor));

    /// <summary>Picks the files out of the lines: <c>/swap\040file  file  1048572  0  -2</c>.</summary>
    public static IEnumerable<string> Paths(IEnumerable<string> lines) =>
        lines.Select(l => l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is [_, "file", ..])
            .Select(words => Octal().Replace(words[0], m => ((char)Convert.ToInt32(m.Groups[1].Value, 8)).ToString()));

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Octal();
}
