using DaxEmu.Abi;
using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>
/// The file or directory under audit. It is named first and opened only when its type and its leases say that opening does no harm: to
/// open a FIFO waits for a writer, to open a leased file breaks the lease.
/// </summary>
internal sealed class Target : IDisposable
{
    private readonly SafeFileHandle _named;

    private Target(string path, SafeFileHandle named, statx status)
    {
        Path = path;
        _named = named;
        Status = status;
        Mount = MountTable.WithId(MountIdOf(named));
        Leases = LeaseProbe.Holders(this);
        if (Leases.Any(l => l.BrokenByReading))
        {
            WhyUnreadable = "a lease on it would be broken";
        }
        else
        {
            (Readable, int errno) = Open(O_RDONLY);
            WhyUnreadable = Readable is null ? ErrnoName.Describe(errno) : "";
        }
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Its attributes when it was named.</summary>
    public statx Status { get; }

    /// <summary>True for a directory.</summary>
    public bool IsDirectory => (Status.stx_mode & S_IFMT) == S_IFDIR;

    /// <summary>The mount that it was reached through; null when this process cannot see it.</summary>
    public MountEntry? Mount { get; }

    /// <summary>Leases that were held on it when it was named.</summary>
    public IReadOnlyList<LeaseHolder> Leases { get; }

    /// <summary>A descriptor open for reading; null when there is none.</summary>
    public SafeFileHandle? Readable { get; }

    /// <summary>Why it is not open for reading; empty when it is.</summary>
    public string WhyUnreadable { get; }

    /// <summary>Its name now.</summary>
    public string Name
    {
        get
        {
            Span<byte> name = stackalloc byte[4096];
            int length = FileStatus.NameOf(_named, name);
            return length < 0 ? Path : System.Text.Encoding.UTF8.GetString(name[..length]);
        }
    }

    /// <summary>Names what a path leads to.</summary>
    /// <exception cref="AuditException">It cannot be audited.</exception>
    public static Target Of(string path)
    {
        string full = path.Length == 0 ? throw new AuditException("\"\" is no path: name a file or a directory.") : System.IO.Path.GetFullPath(path);
        int result = FileContents.Open(full, O_PATH, out SafeFileHandle? named);
        if (named is null)
        {
            throw new AuditException($"\"{full}\" {Refusal(full, -result)}");
        }

        try
        {
            result = FileStatus.Status(named, STATX_BASIC_STATS, out statx status);
            if (result < 0)
            {
                throw new AuditException($"\"{full}\" {Refusal(full, -result)}");
            }

            return (status.stx_mode & S_IFMT) is S_IFREG or S_IFDIR
                ? new Target(full, named, status)
                : throw new AuditException($"\"{full}\" is {KindOf(status.stx_mode)}: only a file can be pinned. Name a file or a directory.");
        }
        catch
        {
            named.Dispose();
            throw;
        }
    }

    /// <summary>Opens it, without waiting and, where that is allowed, without setting its time of access.</summary>
    /// <param name="access">O_RDONLY or O_RDWR.</param>
    /// <returns>The descriptor, or the errno.</returns>
    public (SafeFileHandle? File, int Errno) Open(int access)
    {
        int result = FileContents.Reopen(_named, access | O_NONBLOCK | O_NOATIME, out SafeFileHandle? opened);
        if (result == -EPERM)
        {
            // Only the owner may leave the time of access alone.
            result = FileContents.Reopen(_named, access | O_NONBLOCK, out opened);
        }

        return (opened, -result);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Readable?.Dispose();
        _named.Dispose();
    }

    private static string MountIdOf(SafeFileHandle file)
    {
        const string field = "mnt_id:";
        string? line = File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}").FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        return line?[field.Length..].Trim() ?? "";
    }

    private static string Refusal(string path, int errno) => errno switch
    {
        ENOENT when new FileInfo(path).LinkTarget is { } to => $"is a symbolic link to \"{to}\", which does not exist.",
        ENOENT or ENOTDIR => "does not exist.",
        EACCES => "may not be reached by this user (EACCES): a directory on the way is closed to it. Run as root.",
        ELOOP => "is a symbolic link that leads in a circle (ELOOP).",
        _ => $"cannot be looked at: {ErrnoName.Describe(errno)}.",
    };

    private static string KindOf(uint mode) => (mode & S_IFMT) switch
    {
        S_IFIFO => "a FIFO",
        S_IFSOCK => "a socket",
        S_IFCHR => "a character device",
        S_IFBLK => "a block device",
        _ => "no file",
    };
}
