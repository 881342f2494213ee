using System.Globalization;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>A line of /proc/PID/maps that maps a certain file.</summary>
/// <param name="Writes">True for a shared mapping that may be written.</param>
internal readonly record struct MapsLine(bool Writes)
{
    /// <summary>Reads a line; null when it maps another file.</summary>
    /// <param name="line"><c>7f00-7f01 rw-s 00000000 08:01 5678  /a/file</c>.</param>
    /// <param name="device">As in mountinfo: decimal, while maps has hexadecimal numbers.</param>
    /// <param name="inode">The file.</param>
    public static MapsLine? Parse(string line, string device, ulong inode)
    {
        string[] words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 5 || !ulong.TryParse(words[4], CultureInfo.InvariantCulture, out ulong mapped) || mapped != inode || inode == 0)
        {
            return null;
        }

        string here = string.Join(':', words[3].Split(':').Select(n => uint.Parse(n, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        return here == device ? new MapsLine(words[1].Contains('w', StringComparison.Ordinal) && words[1].EndsWith('s')) : null;
    }
}
