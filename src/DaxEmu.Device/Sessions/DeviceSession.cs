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
    private const int ResponseRoom = 4096;
    private const string Stopping = "the device is stopping";

    private static readonly int RequestHeader = Unsafe.SizeOf<daxemu_request>();
    private static readonly int ReplyHeader = Unsafe.SizeOf<daxemu_reply>();

    private readonly SessionServices _services;
    private readonly SessionIdentity _identity;
    private readonly SeqPacketConnection _connection;
    private readonly UserQuota _quota;
    private readonly EngineWorker _worker;
    private readonly byte[] _message = GC.AllocateUninitializedArray<byte>(DAXEMU_MAX_MESSAGE);
    private readonly byte[] _reply = new byte[ReplyHeader + ResponseRoom];
    private SessionDoorbell? _doorbell;
    private VerbsContext? _context;
    private volatile bool _stopped;

    /// <summary>Makes a session; <see cref="Run"/> does the rest.</summary>
    public DeviceSession(
        SessionServices services, SessionIdentity identity, SeqPacketConnection connection, UserQuota quota, EngineWorker worker)
    {
        _services = services;
        _identity = identity;
        _connection = connection;
        _quota = quota;
        _worker = worker;
    }

    /// <summary>As it is now; from any thread.</summary>
    public SessionSnapshot Snapshot => new(
        _identity.Id, _identity.Client.ProcessId, _identity.Client.UserId, _identity.Command, _identity.Since,
        _context?.Counts ?? default);

    /// <summary>True once the client has said hello.</summary>
    public bool IsOpen => _context is not null;

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
        try
        {
            if (Readiness.WaitReadable(_connection.Handle, patience) && Receive(out ReceivedMessage message) is { } request)
            {
                message.CloseDescriptors();
                ReplyWith(request.id, refusal);
            }
        }
        catch (Exception error) when (error is LinuxException or MalformedMessageException)
        {
            // The client is gone, or was none: nobody is left to be told.
        }
        finally
        {
            Dispose();
            _services.Log.SessionRefused(_identity.Client, refusal.Reason);
        }
    }

    /// <summary>Ends the session soon; from any thread.</summary>
    public void Stop()
    {
        _stopped = true;
        try
        {
            _connection.Shutdown();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in this very moment.
        }
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
        }
        catch (Exception error)
        {
            _services.Log.Failed($"closing session {_identity.Id}", error);
        }

        _connection.Dispose();
    }

    private bool Serve()
    {
        if (Receive(out ReceivedMessage message) is not { } request)
        {
            return false;
        }

        try
        {
            Answer(request, _message.AsSpan(RequestHeader, message.Length - RequestHeader), message.Descriptors);
            return true;
        }
        finally
        {
            message.CloseDescriptors();
        }
    }

    private daxemu_request? Receive(out ReceivedMessage message)
    {
        try
        {
            message = _connection.Receive(_message);
        }
        catch (LinuxException failure) when (failure.Errno == ECONNRESET)
        {
            message = default;
            return null;
        }

        if (message.IsEnd)
        {
            message.CloseDescriptors();
            return null;
        }

        string? problem = ProblemOf(message);
        if (problem is not null)
        {
            message.CloseDescriptors();
            throw new MalformedMessageException(problem);
        }

        return MemoryMarshal.Read<daxemu_request>(_message);
    }

    private string? ProblemOf(ReceivedMessage message)
    {
        if (message.IsTruncated)
        {
            return $"a message, or its descriptors, is longer than the protocol allows ({DAXEMU_MAX_MESSAGE} bytes, {DAXEMU_MAX_FDS} descriptors)";
        }

        if (message.Length < RequestHeader)
        {
            return $"a message of {message.Length} bytes is shorter than its header";
        }

        uint length = MemoryMarshal.Read<daxemu_request>(_message).length;
        if (length != (uint)(message.Length - RequestHeader))
        {
            return $"a request says its body has {length} bytes; {message.Length - RequestHeader} came";
        }

        return message.Descriptors.Count > DAXEMU_MAX_FDS
            ? $"{message.Descriptors.Count} descriptors came with a message, more than the {DAXEMU_MAX_FDS} allowed"
            : null;
    }

    private void Answer(daxemu_request request, ReadOnlySpan<byte> body, IReadOnlyList<SafeFileHandle> descriptors)
    {
        // What describes the device can be read before it is opened, as sysfs can; all else belongs to an open device file.
        if (request.type != DAXEMU_REQ_SYSFS && (request.type == DAXEMU_REQ_HELLO) == (_context is not null))
        {
            ReplyWith(request.id, new NicError(EPROTO, _context is null ? "the first request must be hello" : "hello was said already"));
            return;
        }

        try
        {
            switch (request.type)
            {
                case DAXEMU_REQ_HELLO:
                    Hello(request.id, body);
                    break;
                case DAXEMU_REQ_WRITE:
                    Write(request.id, body, descriptors);
                    break;
                case DAXEMU_REQ_MMAP:
                    Mmap(request.id, body);
                    break;
                case DAXEMU_REQ_SYSFS:
                    ReadSysfs(request.id, body);
                    break;
                default:
                    ReplyWith(request.id, new NicError(EOPNOTSUPP, $"requests of type {request.type} are not known"));
                    break;
            }
        }
        catch (LinuxException failure) when (failure.Errno is not (EPIPE or ECONNRESET))
        {
            // A resource of the daemon ran out while the request was carried out; nothing was made.
            ReplyWith(request.id, new NicError(failure.Errno, failure.Message));
        }
    }

    private void Hello(ulong id, ReadOnlySpan<byte> body)
    {
        daxemu_hello hello = ReadBody<daxemu_hello>(body, "hello");
        string path = Encoding.UTF8.GetString(UpToNul(hello.path));
        if (hello.version != DAXEMU_PROTOCOL_VERSION)
        {
            ReplyWith(id, new NicError(EPROTONOSUPPORT, $"the daemon speaks version {DAXEMU_PROTOCOL_VERSION}, the client {hello.version}"));
            return;
        }

        if (path.Length != 0 && path != "/dev/infiniband/uverbs0")
        {
            ReplyWith(id, new NicError(ENOENT, $"{path}: there is only /dev/infiniband/uverbs0"));
            return;
        }

        _doorbell = new SessionDoorbell(_identity.Id);
        _context = new VerbsContext(_services, _identity, _quota, _doorbell, () => Readiness.IsHungUp(_connection.Handle));
        _worker.Add(_doorbell);
        _services.Log.SessionOpened(Snapshot);
        daxemu_hello_reply reply = new() { version = DAXEMU_PROTOCOL_VERSION, doorbell_length = (uint)SessionDoorbell.Length };
        Encoding.UTF8.GetBytes(_services.Options.Name, reply.device);
        MemoryMarshal.Write(_reply.AsSpan(ReplyHeader), in reply);
        SendReply(id, 0, Unsafe.SizeOf<daxemu_hello_reply>(), [_doorbell.File, _doorbell.Wake.Handle]);
        _doorbell.File.Dispose();
    }

    private void Write(ulong id, ReadOnlySpan<byte> body, IReadOnlyList<SafeFileHandle> descriptors)
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
        ReadOnlySpan<daxemu_segment> segments = MemoryMarshal.Cast<byte, daxemu_segment>(body[fixedLength..commandStart]);
        Span<byte> room = _reply.AsSpan(ReplyHeader);
        room.Clear();
        NicResult result = CommandParser.Parse(
            body[commandStart..], segments, descriptors, room, out CommandDefinition? definition, out Command command, out int length);
        if (result.IsOk)
        {
            result = _context!.Execute(definition!, ref command);
        }

        if (result.IsOk)
        {
            SendReply(id, (int)write.command_length, length, command.Reply is null ? [] : [command.Reply]);
        }
        else
        {
            ReplyWith(id, result.Error);
        }
    }

    private void Mmap(ulong id, ReadOnlySpan<byte> body)
    {
        daxemu_mmap request = ReadBody<daxemu_mmap>(body, "mmap");
        NicResult<SafeFileHandle> ring = _context!.TakeRing(request.offset, request.length);
        if (!ring.IsOk)
        {
            ReplyWith(id, ring.Error);
            return;
        }

        using SafeFileHandle file = ring.Value;
        SendReply(id, 0, 0, [file]);
    }

    private void ReadSysfs(ulong id, ReadOnlySpan<byte> body)
    {
        string path = Encoding.UTF8.GetString(body);
        int errno = _services.Sysfs.Read(path, out string text);
        if (errno != 0)
        {
            ReplyWith(id, new NicError(errno, $"/sys/{path}: {ErrnoName.Of(errno)}"));
            return;
        }

        int length = Encoding.UTF8.GetBytes(text, _reply.AsSpan(ReplyHeader));
        SendReply(id, length, length, []);
    }

    private static T ReadBody<T>(ReadOnlySpan<byte> body, string request)
        where T : unmanaged => body.Length == Unsafe.SizeOf<T>()
            ? MemoryMarshal.Read<T>(body)
            : throw new MalformedMessageException($"the body of {request} has {Unsafe.SizeOf<T>()} bytes; {body.Length} came");

    private static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> text) =>
        text.IndexOf((byte)0) is >= 0 and int end ? text[..end] : text;

    private void ReplyWith(ulong id, NicError error)
    {
        Span<byte> room = _reply.AsSpan(ReplyHeader);
        Encoder encoder = Encoding.UTF8.GetEncoder();
        encoder.Convert(error.Reason, room, flush: true, out _, out int length, out _);
        SendReply(id, -error.Errno, length, []);
    }

    private void SendReply(ulong id, int result, int length, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        MemoryMarshal.Write(_reply, new daxemu_reply { id = id, result = result, length = (uint)length, fd_count = (uint)descriptors.Length });
        _connection.Send(_reply.AsSpan(0, ReplyHeader + length), descriptors);
    }
}
