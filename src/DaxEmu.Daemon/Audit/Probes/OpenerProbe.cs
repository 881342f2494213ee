using System.Globalization;
using DaxEmu.Abi;
using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Processes;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>Who has a file open or mapped: /proc/PID/fd, fdinfo and maps, as far as they may be read (PTRACE_MODE_READ).</summary>
internal static class OpenerProbe
{
    /// <summary>Looks into every process but this one; null for a directory.</summary>
    public static OpenerFacts? Look(Target target)
    {
        if (target.IsDirectory)
        {
            return null;
        }

        List<Opener> openers = [];
        int unreadable = 0;
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out int id) || id == Environment.ProcessId)
            {
                continue;
            }

            try
            {
                OpenFile[] found = [.. Descriptors(process, target.Status), .. Mappings(process, target)];
                if (found.Length > 0)
                {
                    openers.Add(new(id, ProcessStatus.CommandOf(id), found.Any(f => f.Writes), found.Any(f => f.IsDescriptor)));
                }
            }
            catch (UnauthorizedAccessException)
            {
                unreadable++;
            }
            catch (IOException)
            {
                // The process has ended.
            }
        }

        return new(openers, unreadable);
    }

    // fdinfo tells the inode number since Linux 5.14 without a look at the file itself, which may lie on a server that does not answer.
    private static IEnumerable<OpenFile> Descriptors(string process, statx file)
    {
        foreach (string descriptor in Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")))
        {
            string[] info;
            try
            {
                info = File.ReadAllLines(Path.Combine(process, "fdinfo", Path.GetFileName(descriptor)));
            }
            catch (IOException)
            {
                // Closed meanwhile.
                continue;
            }

            if (FdInfo.Parse(info) is { } open && (open.Inode is null || open.Inode == file.stx_ino) && IsSame(descriptor, file))
            {
                yield return new(open.Writes, true);
            }
        }
    }

    private static IEnumerable<OpenFile> Mappings(string process, Target target) =>
        target.Mount is not { } mount
            ? []
            : File.ReadLines(Path.Combine(process, "maps"))
                .Select(line => MapsLine.Parse(line, mount.Device, target.Status.stx_ino))
                .Where(m => m is not null)
                .Select(m => new OpenFile(m!.Value.Writes, false));

    private static bool IsSame(string descriptor, statx file) =>
        FileStatus.StatusOf(descriptor, AT_STATX_DONT_SYNC, STATX_INO, out statx status) == 0
            && (status.stx_ino, status.stx_dev_major, status.stx_dev_minor) == (file.stx_ino, file.stx_dev_major, file.stx_dev_minor);

    private readonly record struct OpenFile(bool Writes, bool IsDescriptor);
}
