using System.Globalization;
using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux.Processes;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>Leases on a file, from /proc/locks: fcntl(2)'s F_GETLEASE tells a process of its own leases only.</summary>
internal static class LeaseProbe
{
    /// <summary>Reads who holds one.</summary>
    public static IReadOnlyList<LeaseHolder> Holders(Target target) =>
        target.Mount is { } mount ? Holders(File.ReadLines("/proc/locks"), mount.Device, target.Status.stx_ino) : [];

    /// <summary>Picks a file's leases out of the lines.</summary>
    /// <param name="lines">Of /proc/locks: <c>1: LEASE  ACTIVE    READ 1234 08:01:5678 0 EOF</c>; one that waits has an arrow after its number.</param>
    /// <param name="device">As in mountinfo: decimal, while /proc/locks has hexadecimal numbers.</param>
    /// <param name="inode">The file.</param>
    internal static IReadOnlyList<LeaseHolder> Holders(IEnumerable<string> lines, string device, ulong inode)
    {
        string[] numbers = device.Split(':');
        string file = string.Create(CultureInfo.InvariantCulture, $"{uint.Parse(numbers[0], CultureInfo.InvariantCulture):x2}:{uint.Parse(numbers[1], CultureInfo.InvariantCulture):x2}:{inode}");
        List<LeaseHolder> holders = [];
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [_, "LEASE" or "DELEG", string state, string access, string process, string where, ..] && where == file)
            {
                int id = int.Parse(process, CultureInfo.InvariantCulture);
                holders.Add(new(words[1], access, state, id, ProcessStatus.CommandOf(id)));
            }
        }

        return holders;
    }
}
