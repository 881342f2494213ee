using System.Collections.Concurrent;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Sockets;

namespace DaxEmu.Guards.Preload;

/// <summary>
/// Answers programs that ask, by way of the preload library, before they change the blocks under a file's bytes (daxemu/device.h). It believes of
/// a client only what the kernel says: what the descriptor is that came along, what it may be used for, and who connected.
/// </summary>
public sealed class PreloadServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // When the process is out of descriptors, accept(2) fails until some client goes.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly SeqPacketListener _listener;
    private readonly PreloadFiles _files;
    private readonly IFileContract _contract;
    private readonly IPolicySource _policies;
    private readonly IGuardEvents _events;
    private readonly PreloadLimits _limits;
    private readonly ServingCrew _crew;
    private readonly ConcurrentDictionary<PreloadConnection, byte> _connections = new();
    private readonly ConcurrentDictionary<uint, int> _users = new();
    private readonly ManualResetEventSlim _stopping = new();
    private readonly Thread _acceptor;
    private int _disposed;

    /// <summary>Binds the socket and serves.</summary>
    /// <param name="path">Of the socket, <c>guard.sock</c> beside the device's.</param>
    /// <param name="mode">Who may connect.</param>
    /// <param name="contract">Whom to ask.</param>
    /// <param name="policies">The contract's.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="limits">What clients may take up.</param>
    /// <exception cref="LinuxException">The socket cannot be bound.</exception>
    public PreloadServer(
        string path, UnixFileMode mode, IFileContract contract, IPolicySource policies, IGuardEvents events, PreloadLimits? limits = null)
    {
        _contract = contract;
        _policies = policies;
        _events = events;
        _limits = limits ?? PreloadLimits.Default;
        _files = new PreloadFiles();
        _crew = new ServingCrew(Serve);
        _listener = new SeqPacketListener(path, mode);
        _acceptor = new Thread(Accept) { IsBackground = true, Name = "DaxEmu guard accept" };
        _acceptor.Start();
    }

    /// <summary>True once the last volume has been removed, and from then on.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Guards a volume from now on.</summary>
    internal void Add(InPlaceVolume volume) => _files.Add(volume);

    /// <summary>Guards it no more. With the last one the socket goes, so that programs need not ask.</summary>
    internal void Remove(InPlaceVolume volume)
    {
        if (!_files.Remove(volume))
        {
            Dispose();
        }
    }

    /// <summary>
    /// Takes no more clients, answers those that wait, and ends all connections. What is in flight then is taken as carried out.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _stopping.Set();
        _listener.Stop();
        _acceptor.Join();
        foreach (PreloadConnection connection in _connections.Keys)
        {
            connection.Interrupt();
        }

        if (!SpinWait.SpinUntil(() => _connections.Keys.All(c => !c.IsWaiting), Patience))
        {
            _events.Warning("an operation that waited for pins got no answer in time");
        }

        foreach (PreloadConnection connection in _connections.Keys)
        {
            connection.End();
        }

        if (!SpinWait.SpinUntil(() => _connections.IsEmpty, Patience))
        {
            _events.Warning("a thread of the preload guard is still in a system call on a file that a client gave it");
        }

        _listener.Dispose();
        _stopping.Dispose();
    }

    private void Accept()
    {
        while (!_stopping.IsSet)
        {
            try
            {
                if (_listener.Accept() is { } socket)
                {
                    Admit(socket);
                }
            }
            catch (LinuxException failure)
            {
                _events.Warning("a client of the preload guard could not be taken", failure);
                _stopping.Wait(AcceptPause);
            }
        }
    }

    private void Admit(SeqPacketConnection socket)
    {
        PeerCredentials peer;
        try
        {
            peer = socket.GetPeer();
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        PreloadConnection connection = new(socket, peer, _files, _contract, _policies, _events, _limits.InFlight);
        int held = _users.AddOrUpdate(peer.UserId, 1, (_, n) => n + 1);
        _connections[connection] = 0;
        if (held > _limits.ConnectionsPerUser || _connections.Count > _limits.Connections)
        {
            connection.Refuse(Abi.errno.EMFILE, $"user {peer.UserId} has {held - 1} operations under way or waiting, as many as the guard takes");
            Forget(connection);
            return;
        }

        try
        {
            _crew.Serve(connection);
        }
        catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
        {
            _events.Warning("a client of the preload guard could not be given a thread", failure);
            connection.Refuse(Abi.errno.ENOMEM, "the guard has no thread left for this operation");
            Forget(connection);
        }
    }

    private void Serve(PreloadConnection connection)
    {
        try
        {
            connection.Serve();
        }
        finally
        {
            Forget(connection);
        }
    }

    private void Forget(PreloadConnection connection)
    {
        _users.AddOrUpdate(connection.Peer.UserId, 0, (_, n) => n - 1);
        _connections.TryRemove(connection, out _);
        connection.Dispose();
    }
}
