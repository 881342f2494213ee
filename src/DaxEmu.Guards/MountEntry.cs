using System.Globalization;
using System.Text;

namespace DaxEmu.Guards;

/// <summary>A line of /proc/self/mountinfo (proc(5)).</summary>
/// <param name="Id">Its mount id.</param>
/// <param name="MountPoint">Where it is.</param>
/// <param name="Type">File system type.</param>
/// <param name="Source">What is mounted.</param>
/// <param name="Device">st_dev of its files, <c>major:minor</c>; on btrfs and its like, that of none of them.</param>
internal sealed record MountEntry(ulong Id, string MountPoint, string Type, string Source, string Device)
{
    internal static IReadOnlyList<MountEntry> Read() => [.. File.ReadLines("/proc/self/mountinfo").Select(Parse)];

    internal static MountEntry Parse(string line)
    {
        string[] words = line.Split(' ');
        int separator = Array.IndexOf(words, "-");
        return new(
            ulong.Parse(words[0], CultureInfo.InvariantCulture), Unescape(words[4]), words[separator + 1], Unescape(words[separator + 2]),
            words[2]);
    }

    // Blank, tab, newline and backslash stand as three octal digits.
    private static string Unescape(string word)
    {
        StringBuilder plain = new();
        for (int i = 0; i < word.Length; i++)
        {
            if (word[i] == '\\' && i + 3 < word.Length)
            {
                plain.Append((char)Convert.ToInt32(word.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(word[i]);
            }
        }

        return plain.ToString();
    }
}
