using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.socket;

namespace DaxEmu.Linux.Sockets;

/// <summary>
/// Listens on an AF_UNIX SOCK_SEQPACKET path. A socket file that a dead process left there is replaced; a live one is not.
/// </summary>
public sealed unsafe class SeqPacketListener : IDisposable
{
    // Connections that wait for accept(2); the kernel caps it at net.core.somaxconn.
    private const int Backlog = 4096;

    private readonly SafeFileHandle _socket;
    private volatile bool _stopped;

    /// <summary>Binds and listens.</summary>
    /// <param name="path">The socket's path, at most 107 bytes; a leading '@' means the abstract namespace.</param>
    /// <param name="mode">Permissions of the socket file; connecting needs write permission.</param>
    /// <exception cref="LinuxException">EADDRINUSE: a process listens there now; otherwise as bind(2).</exception>
    public SeqPacketListener(string path, UnixFileMode mode = OwnerOnly)
    {
        ArgumentNullException.ThrowIfNull(path);
        Path = path;
        uint length = UnixAddress.Fill(path, out sockaddr_un address);
        _socket = SeqPacketConnection.Open();
        try
        {
            if (!TryBind(&address, length) && !(IsLeftBehind(&address, length) && Remove() && TryBind(&address, length)))
            {
                throw new LinuxException($"bind(\"{path}\")", EADDRINUSE);
            }

            if (!IsAbstract)
            {
                File.SetUnixFileMode(path, mode);
            }

            if (SocketCalls.Listen(_socket, Backlog) != 0)
            {
                throw LinuxException.FromLastError($"listen(\"{path}\", {Backlog})");
            }
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Read and write for the owner alone.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where it listens.</summary>
    public string Path { get; }

    private bool IsAbstract => Path[0] == '@';

    /// <summary>Waits for the next connection.</summary>
    /// <returns>The connection, or null after <see cref="Stop"/>.</returns>
    /// <exception cref="LinuxException">accept4(2) failed, such as EMFILE.</exception>
    public SeqPacketConnection? Accept()
    {
        while (!_stopped)
        {
            int accepted = SocketCalls.Accept4(_socket, null, null, SOCK_CLOEXEC);
            if (accepted >= 0)
            {
                return new SeqPacketConnection(new SafeFileHandle(accepted, true));
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno is not (EINTR or ECONNABORTED) && !_stopped)
            {
                throw new LinuxException($"accept4(\"{Path}\")", errno);
            }
        }

        return null;
    }

    /// <summary>Refuses new connections; a thread that waits in <see cref="Accept"/> returns.</summary>
    public void Stop()
    {
        _stopped = true;
        _ = SocketCalls.Shutdown(_socket, SHUT_RDWR);
    }

    /// <summary>Stops, closes the socket and removes its file.</summary>
    public void Dispose()
    {
        if (_socket.IsClosed)
        {
            return;
        }

        Stop();
        _socket.Dispose();
        _ = IsAbstract || Remove();
    }

    private bool TryBind(sockaddr_un* address, uint length)
    {
        if (SocketCalls.Bind(_socket, address, length) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == EADDRINUSE ? false : throw new LinuxException($"bind(\"{Path}\")", errno);
    }

    private bool IsLeftBehind(sockaddr_un* address, uint length)
    {
        // connect(2) to a file of any other type is ECONNREFUSED as well, and such a file is not ours to remove.
        bool isSocket = !IsAbstract
            && Syscall.lstat(Path, out Stat file) == 0
            && (file.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFSOCK;
        using SafeFileHandle probe = SeqPacketConnection.Open();
        return isSocket && SocketCalls.Connect(probe, address, length) != 0 && Marshal.GetLastPInvokeError() == ECONNREFUSED;
    }

    private bool Remove()
    {
        File.Delete(Path);
        return true;
    }
}
