using DaxEmu.Abi;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux.Files;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>Whether the kernel swaps to a file: /proc/swaps.</summary>
internal static class SwapProbe
{
    /// <summary>Looks for it.</summary>
    public static bool IsSwapFile(Target target) =>
        SwapFiles(File.Exists("/proc/swaps") ? File.ReadLines("/proc/swaps") : []).Any(path => IsSame(path, target.Status));

    /// <summary>Picks the files out of the lines: <c>/swap\040file  file  1048572  0  -2</c>.</summary>
    internal static IEnumerable<string> SwapFiles(IEnumerable<string> lines) =>
        lines.Select(l => l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is [_, "file", ..])
            .Select(words => MountTable.Unescape(words[0]));

    private static bool IsSame(string path, statx file) =>
        FileStatus.StatusOf(path, AT_STATX_DONT_SYNC, STATX_INO, out statx status) == 0
        && (status.stx_ino, status.stx_dev_major, status.stx_dev_minor) == (file.stx_ino, file.stx_dev_major, file.stx_dev_minor);
}
