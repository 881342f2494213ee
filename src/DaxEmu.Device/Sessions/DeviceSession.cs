using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Sockets;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// One open device file: takes its client's requests, one at a time, on a thread of its own. So a client that is stuck, or slow to read,
/// or that waits for a pin, holds up nobody else.
/// </summary>
internal sealed class DeviceSession : IDisposable
{
    // signal(7): the last real-time signal on every architecture but MIPS.
    private const uint MostSignals = 64;

    private const string Stopping = "the device is stopping";

    private readonly SessionServices _services;
    private readonly SessionIdentity _identity;
    private readonly RequestSocket _socket;
    private readonly UserQuota _quota;
    private readonly EngineWorker _worker;
    private SessionDoorbell? _doorbell;
    private VerbsContext? _context;
    private CmFile? _connections;
    private volatile int _leaseSignal;
    private volatile bool _stopped;

    /// <summary>Makes a session; <see cref="Run"/> does the rest.</summary>
    public DeviceSession(
        SessionServices services, SessionIdentity identity, SeqPacketConnection connection, UserQuota quota, EngineWorker worker)
    {
        _services = services;
        _identity = identity;
        _socket = new RequestSocket(connection);
        _quota = quota;
        _worker = worker;
    }

    /// <summary>As it is now; from any thread.</summary>
    public SessionSnapshot Snapshot => new(
        _identity.Id, _identity.Client.ProcessId, _identity.Client.UserId, _identity.Command, _identity.Since,
        _context?.Device.Name ?? (_connections is null ? "" : CmFile.Name), _context?.Counts ?? default);

    /// <summary>True once the client has said hello.</summary>
    public bool IsOpen => _context is not null || _connections is not null;

    /// <summary>Serves the client until it is gone, then frees all that it had.</summary>
    public void Run()
    {
        string reason;
        try
        {
            while (Serve())
            {
            }

            reason = _stopped ? Stopping : "the client closed its device file";
        }
        catch (MalformedMessageException malformed)
        {
            reason = malformed.Message;
        }
        catch (LinuxException failure)
        {
            reason = _stopped ? Stopping : failure.Message;
        }
        catch (Exception error)
        {
            _services.Log.Failed($"serving session {_identity.Id}", error);
            reason = error.Message;
        }

        SessionSnapshot last = Snapshot;
        bool wasOpen = IsOpen;
        Dispose();
        if (wasOpen)
        {
            _services.Log.SessionClosed(last, reason);
        }
    }

    /// <summary>Answers the first request with a refusal, or gives up waiting for it.</summary>
    /// <param name="refusal">Why the device cannot be opened.</param>
    /// <param name="patience">How long to wait for the request.</param>
    public void Refuse(NicError refusal, TimeSpan patience)
    {
        IReadOnlyList<SafeFileHandle> descriptors = [];
        try
        {
            if (Readiness.WaitReadable(_socket.Handle, patience) && _socket.Receive(out _, out descriptors) is { } request)
            {
                _socket.Refuse(request.id, refusal);
            }
        }
        catch (Exception error) when (error is LinuxException or MalformedMessageException)
        {
            // The client is gone, or was none: nobody is left to be told.
        }
        finally
        {
            Close(descriptors);
            Dispose();
            _services.Log.SessionRefused(_identity.Client, refusal.Reason);
        }
    }

    /// <summary>Tells the client that a region of its should go, also by a signal when it has asked for one; from any thread.</summary>
    /// <param name="key">The region's.</param>
    /// <exception cref="LinuxException">The signal could not be sent: as <see cref="KillClient"/>, or EAGAIN.</exception>
    public void AskForRegion(uint key)
    {
        _context?.AskForRegion(key);
        if (_leaseSignal != 0)
        {
            _socket.SignalPeer(_leaseSignal, (int)key);
        }
    }

    /// <summary>Kills the process that opened the device file, if it still lives; from any thread.</summary>
    /// <exception cref="LinuxException">ENOSYS: the kernel is too old to be sure whom it would be; EPERM.</exception>
    public void KillClient() => _socket.KillPeer();

    /// <summary>Ends the session soon; from any thread.</summary>
    public void Stop()
    {
        _stopped = true;
        _socket.Shutdown();
    }

    /// <summary>Frees all that the client had, once nothing of it runs any more.</summary>
    public void Dispose()
    {
        try
        {
            if (_doorbell is not null)
            {
                _worker.Remove(_doorbell);
                _context?.Close();
                _doorbell.Dispose();
            }

            _connections?.Dispose();
        }
        catch (Exception error)
        {
            _services.Log.Failed($"closing session {_identity.Id}", error);
        }

        _socket.Dispose();
    }

    private bool Serve()
    {
        if (_socket.Receive(out ReadOnlySpan<byte> body, out IReadOnlyList<SafeFileHandle> descriptors) is not { } request)
        {
            return false;
        }

        try
        {
            Answer(request, body, descriptors);
            return true;
        }
        finally
        {
            Close(descriptors);
        }
    }

    private static void Close(IReadOnlyList<SafeFileHandle> descriptors)
    {
        foreach (SafeFileHandle descriptor in descriptors)
        {
            descriptor.Dispose();
        }
    }

    private void Answer(daxemu_request request, ReadOnlySpan<byte> body, IReadOnlyList<SafeFileHandle> descriptors)
    {
        // What describes the device can be read before it is opened, as sysfs can; all else belongs to an open device file.
        if (request.type != DAXEMU_REQ_SYSFS && (request.type == DAXEMU_REQ_HELLO) == IsOpen)
        {
            string problem = !IsOpen ? "the first request must be hello" : "hello was said already";
            _socket.Refuse(request.id, new NicError(EPROTO, problem));
            return;
        }

        try
        {
            switch (request.type)
            {
                case DAXEMU_REQ_HELLO:
                    Hello(request.id, body);
                    break;
                case DAXEMU_REQ_WRITE when _connections is not null:
                    WriteConnections(request.id, body, descriptors);
                    break;
                case DAXEMU_REQ_WRITE:
                    Write(request.id, body, descriptors);
                    break;
                case DAXEMU_REQ_IOCTL when _context is not null:
                    Ioctl(request.id, body, descriptors);
                    break;
                case DAXEMU_REQ_MMAP when _context is not null:
                    Mmap(request.id, body);
                    break;
                case DAXEMU_REQ_SYSFS:
                    ReadSysfs(request.id, body);
                    break;
                default:
                    _socket.Refuse(request.id, new NicError(EOPNOTSUPP, $"requests of type {request.type} are not known"));
                    break;
            }
        }
        catch (LinuxException failure) when (failure.Errno is not (EPIPE or ECONNRESET))
        {
            // A resource of the daemon ran out while the request was carried out; nothing was made.
            _socket.Refuse(request.id, new NicError(failure.Errno, failure.Message));
        }
    }

    private void Hello(ulong id, ReadOnlySpan<byte> body)
    {
        daxemu_hello hello = ReadBody<daxemu_hello>(body, "hello");
        string path = Encoding.UTF8.GetString(UpToNul(hello.path));
        if (hello.version != DAXEMU_PROTOCOL_VERSION)
        {
            string versions = $"the daemon speaks version {DAXEMU_PROTOCOL_VERSION}, the client {hello.version}";
            _socket.Refuse(id, new NicError(EPROTONOSUPPORT, versions));
            return;
        }

        if (hello.lease_signal > MostSignals)
        {
            _socket.Refuse(id, new NicError(
                EINVAL, $"there is no signal {hello.lease_signal} to be sent when a lease is broken: they are 1 to {MostSignals}, and 0 for none"));
            return;
        }

        if (path == CmFile.Path)
        {
            OpenConnections(id);
            return;
        }

        if ((path.Length == 0 ? _services.Devices.All[0] : _services.Devices.AtPath(path)) is not { } device)
        {
            string there = string.Join(", ", _services.Devices.All.Select(d => d.Path));
            _socket.Refuse(id, new NicError(ENOENT, $"{path}: there is no such device file, only {there}"));
            return;
        }

        SessionDoorbell doorbell = new(_identity.Id);
        try
        {
            _worker.Add(doorbell);
        }
        catch
        {
            doorbell.Dispose();
            throw;
        }

        _doorbell = doorbell;
        _leaseSignal = (int)hello.lease_signal;
        _context = new VerbsContext(_services, device, _identity, _quota, doorbell, () => Readiness.IsHungUp(_socket.Handle));
        _services.Log.SessionOpened(Snapshot);
        daxemu_hello_reply reply = new() { version = DAXEMU_PROTOCOL_VERSION, doorbell_length = (uint)SessionDoorbell.Length };
        Encoding.UTF8.GetBytes(device.Name, reply.device);
        MemoryMarshal.Write(_socket.Room, in reply);
        _socket.Reply(id, 0, Unsafe.SizeOf<daxemu_hello_reply>(), [_doorbell.File, _doorbell.Wake.Handle]);
        _doorbell.File.Dispose();
    }

    private void OpenConnections(ulong id)
    {
        _connections = new CmFile(_services.Connections, _quota, _identity.Client.UserId);
        _services.Log.SessionOpened(Snapshot);
        daxemu_hello_reply reply = new() { version = DAXEMU_PROTOCOL_VERSION };
        MemoryMarshal.Write(_socket.Room, in reply);
        _socket.Reply(id, 0, Unsafe.SizeOf<daxemu_hello_reply>(), [_connections.ClientEnd]);
    }

    private void WriteConnections(ulong id, ReadOnlySpan<byte> body, IReadOnlyList<SafeFileHandle> descriptors)
    {
        NicResult<int> written = _connections!.Write(body, descriptors, _socket.Room, out int length);
        if (written.IsOk)
        {
            _socket.Reply(id, written.Value, length, []);
        }
        else
        {
            _socket.Refuse(id, written.Error);
        }
    }

    private void Write(ulong id, ReadOnlySpan<byte> body, IReadOnlyList<SafeFileHandle> descriptors)
    {
        ReadOnlySpan<byte> bytes = Split(body, out ReadOnlySpan<daxemu_segment> segments);
        Span<byte> room = _socket.Room;
        room.Clear();
        NicResult result = CommandParser.Parse(
            bytes, segments, descriptors, room, out CommandDefinition? definition, out Command command, out int length);
        if (result.IsOk)
        {
            result = _context!.Execute(definition!, ref command);
        }

        if (result.IsOk)
        {
            _socket.Reply(id, bytes.Length, length, command.Reply is null ? [] : [command.Reply]);
        }
        else
        {
            _socket.Refuse(id, result.Error);
        }
    }

    private void Ioctl(ulong id, ReadOnlySpan<byte> body, IReadOnlyList<SafeFileHandle> descriptors)
    {
        ReadOnlySpan<byte> bytes = Split(body, out ReadOnlySpan<daxemu_segment> segments);
        NicResult<IoctlCall> call = IoctlParser.Parse(bytes, segments, descriptors);
        if (!call.IsOk)
        {
            _socket.Refuse(id, call.Error);
            return;
        }

        NicResult result = _context!.Execute(call.Value);
        if (result.IsOk)
        {
            _socket.Reply(id, call.Value.ReplyBody(), call.Value.Reply is { } reply ? [reply] : []);
        }
        else
        {
            _socket.Refuse(id, result.Error);
        }
    }

    // What a write or an ioctl is given, and the client memory that came with it.
    private static ReadOnlySpan<byte> Split(ReadOnlySpan<byte> body, out ReadOnlySpan<daxemu_segment> segments)
    {
        int fixedLength = Unsafe.SizeOf<daxemu_write>();
        if (body.Length < fixedLength)
        {
            throw new MalformedMessageException($"a write request of {body.Length} bytes is shorter than struct daxemu_write");
        }

        daxemu_write write = MemoryMarshal.Read<daxemu_write>(body);
        ulong said = (ulong)fixedLength + ((ulong)write.segment_count * (ulong)Unsafe.SizeOf<daxemu_segment>()) + write.command_length;
        if (said != (ulong)body.Length)
        {
            throw new MalformedMessageException(
                $"a write request with {write.segment_count} segments and {write.command_length} bytes of command has {body.Length} bytes");
        }

        int commandStart = body.Length - (int)write.command_length;
        segments = MemoryMarshal.Cast<byte, daxemu_segment>(body[fixedLength..commandStart]);
        return body[commandStart..];
    }

    private void Mmap(ulong id, ReadOnlySpan<byte> body)
    {
        daxemu_mmap request = ReadBody<daxemu_mmap>(body, "mmap");
        NicResult<SafeFileHandle> ring = _context!.TakeRing(request.offset, request.length);
        if (!ring.IsOk)
        {
            _socket.Refuse(id, ring.Error);
            return;
        }

        using SafeFileHandle file = ring.Value;
        _socket.Reply(id, 0, 0, [file]);
    }

    private void ReadSysfs(ulong id, ReadOnlySpan<byte> body)
    {
        string path = Encoding.UTF8.GetString(body);
        int errno = _services.Sysfs.Read(path, out string text);
        if (errno != 0)
        {
            _socket.Refuse(id, new NicError(errno, $"/sys/{path}: {ErrnoName.Of(errno)}"));
            return;
        }

        int length = Encoding.UTF8.GetBytes(text, _socket.Room);
        _socket.Reply(id, length, length, []);
    }

    private static T ReadBody<T>(ReadOnlySpan<byte> body, string request)
        where T : unmanaged => body.Length == Unsafe.SizeOf<T>()
            ? MemoryMarshal.Read<T>(body)
            : throw new MalformedMessageException($"the body of {request} has {Unsafe.SizeOf<T>()} bytes; {body.Length} came");

    private static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> text) =>
        text.IndexOf((byte)0) is >= 0 and int end ? text[..end] : text;
}
