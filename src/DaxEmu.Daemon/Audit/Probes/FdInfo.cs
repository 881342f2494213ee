using System.Globalization;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>What /proc/PID/fdinfo/N tells of a descriptor.</summary>
/// <param name="Writes">True when it is open for writing.</param>
/// <param name="Inode">The file's number; null before Linux 5.14.</param>
internal readonly record struct FdInfo(bool Writes, ulong? Inode)
{
    /// <summary>Reads it; null for a descriptor that only names its file (O_PATH).</summary>
    /// <param name="lines"><c>flags: 0100002</c> in octal, <c>ino: 1234</c>, and others.</param>
    public static FdInfo? Parse(IReadOnlyList<string> lines)
    {
        int flags = Value(lines, "flags:") is { } octal ? Convert.ToInt32(octal, 8) : O_RDWR;
        ulong? inode = Value(lines, "ino:") is { } number ? ulong.Parse(number, CultureInfo.InvariantCulture) : null;
        return (flags & O_PATH) != 0 ? null : new FdInfo((flags & O_ACCMODE) != O_RDONLY, inode);
    }

    private static string? Value(IReadOnlyList<string> lines, string field) =>
        lines.FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal))?[field.Length..].Trim();
}
