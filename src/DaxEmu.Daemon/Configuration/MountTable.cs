using System.Text.RegularExpressions;

namespace DaxEmu.Daemon.Configuration;

/// <summary>The mounts of this process's namespace (proc(5), /proc/PID/mountinfo).</summary>
internal static partial class MountTable
{
    /// <summary>True when something is mounted exactly there, dead or alive.</summary>
    public static bool HasMountPoint(string path) =>
        File.ReadLines("/proc/self/mountinfo").Any(line => Unescape(line.Split(' ')[4]) == path);

    // Space, tab, newline and backslash are written as three octal digits.
    private static string Unescape(string field) =>
        Octal().Replace(field, m => ((char)Convert.ToInt32(m.Groups[1].Value, 8)).ToString());

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Octal();
}
