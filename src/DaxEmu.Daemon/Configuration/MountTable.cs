using System.Text.RegularExpressions;

namespace DaxEmu.Daemon.Configuration;

/// <summary>The mounts of this process's namespace (proc(5), /proc/PID/mountinfo).</summary>
internal static partial class MountTable
{
    private const int MountPointField = 4;

    /// <summary>The type of the filesystem mounted exactly there, dead or alive; null when nothing is.</summary>
    public static string? FilesystemTypeAt(string path)
    {
        // 36 35 98:0 /root /mount/point rw,noatime master:1 - ext4 /dev/sda1 rw: the last line for a place is the one on top.
        string? line = File.ReadLines("/proc/self/mountinfo").LastOrDefault(l => Unescape(l.Split(' ')[MountPointField]) == path);
        return line?.Split(" - ", 2)[1].Split(' ')[0];
    }

    /// <summary>The mount with an id, as /proc/self/fdinfo tells of a descriptor; null when this process cannot see it.</summary>
    public static MountEntry? WithId(string id) => Find(File.ReadLines("/proc/self/mountinfo"), id);

    /// <inheritdoc cref="WithId"/>
    internal static MountEntry? Find(IEnumerable<string> lines, string id)
    {
        if (lines.FirstOrDefault(l => l.StartsWith(id + " ", StringComparison.Ordinal))?.Split(" - ", 2) is not [string place, string filesystem])
        {
            return null;
        }

        string[] mount = place.Split(' ');
        string[] what = filesystem.Split(' ');
        return mount.Length <= MountPointField + 1 || what.Length < 3
            ? null
            : new(mount[2], Unescape(mount[3]), Unescape(mount[MountPointField]), mount[MountPointField + 1], what[0], Unescape(what[1]), Unescape(what[2]));
    }

    // Space, tab, newline and backslash are written as three octal digits.
    internal static string Unescape(string field) =>
        Octal().Replace(field, m => ((char)Convert.ToInt32(m.Groups[1].Value, 8)).ToString());

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Octal();
}
