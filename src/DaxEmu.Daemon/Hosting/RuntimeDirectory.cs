using System.Globalization;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;

namespace DaxEmu.Daemon.Hosting;

/// <summary>
/// The directory that holds the daemon's sockets, and the proof that this daemon is the only one there: a lock that the kernel
/// gives back when the process ends, however it ends.
/// </summary>
internal sealed class RuntimeDirectory : IDisposable
{
    private const UnixFileMode Traversable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute |
        UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly FileStream _lock;
    private readonly string _processIdFile;

    private RuntimeDirectory(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
        _processIdFile = System.IO.Path.Combine(path, "daxemu.pid");
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The socket of the admin API.</summary>
    public string AdminSocket => AdminSocketIn(Path);

    /// <summary>The socket of the admin API of a daemon with that runtime directory.</summary>
    public static string AdminSocketIn(string directory) => System.IO.Path.Combine(directory, "admin.sock");

    /// <summary>The journal's file, where no other is configured. It stays when the daemon ends.</summary>
    public string Journal => System.IO.Path.Combine(Path, "journal.db");

    /// <summary>The socket that stands for the device's file.</summary>
    public string DeviceSocket => DeviceSocketIn(Path);

    /// <summary>The socket that stands for the device's file, of a daemon with that runtime directory.</summary>
    public static string DeviceSocketIn(string directory) => System.IO.Path.Combine(directory, "device.sock");

    /// <summary>The socket of the preload guard.</summary>
    public string GuardSocket => System.IO.Path.Combine(Path, "guard.sock");

    /// <summary>Creates the directory where needed, takes the lock, and removes the sockets that a killed daemon left.</summary>
    /// <exception cref="ConfigurationException">Another daemon holds the lock, or the directory cannot be used.</exception>
    public static RuntimeDirectory Claim(SocketsOptions options)
    {
        string path = options.Directory;
        try
        {
            UserRuntimeDirectory.Make(path, Traversable);

            // FileShare.None is an flock(2) LOCK_EX | LOCK_NB on Linux.
            RuntimeDirectory claimed = new(path, File.Open(
                System.IO.Path.Combine(path, "daxemu.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            claimed.RemoveStaleSockets();
            File.WriteAllText(claimed._processIdFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return claimed;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or LinuxException)
        {
            throw new ConfigurationException([$"Sockets:Directory: \"{path}\" cannot be used: {e.Message.TrimEnd('.')}. Give another with --socket DIR."]);
        }
        catch (IOException e)
        {
            // The HResult is the errno: flock(2) of a lock that is held fails with EWOULDBLOCK.
            throw new ConfigurationException([e.HResult == Abi.errno.EAGAIN
                ? $"Sockets:Directory: another daemon{Holder(path)} runs on \"{path}\": stop it, or give this one a directory of its own with --socket DIR"
                : $"Sockets:Directory: \"{path}\" cannot be {(Directory.Exists(path) ? "used" : "made")}: {e.Message}"]);
        }
    }

    /// <summary>Removes what the daemon put there, and gives the lock back.</summary>
    public void Dispose()
    {
        RemoveStaleSockets();
        File.Delete(_processIdFile);
        _lock.Dispose();
    }

    private static string Holder(string path)
    {
        string file = System.IO.Path.Combine(path, "daxemu.pid");
        return File.Exists(file) ? $" (pid {File.ReadAllText(file).Trim()})" : "";
    }

    private void RemoveStaleSockets()
    {
        File.Delete(AdminSocket);
        File.Delete(DeviceSocket);
        File.Delete(GuardSocket);
    }
}
