using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Client;

/// <summary>
/// The socket that stands for the open device file: one request and its reply at a time, from any thread. A request without
/// descriptors allocates nothing.
/// </summary>
internal sealed class DeviceConnection : IDisposable
{
    private readonly SeqPacketConnection _socket;
    private readonly Lock _gate = new();
    private readonly byte[] _out = new byte[DAXEMU_MAX_MESSAGE];
    private readonly byte[] _in = new byte[DAXEMU_MAX_MESSAGE];
    private ulong _lastId;
    private bool _disposed;
    private DeviceUnavailableException? _lost;

    private DeviceConnection(SeqPacketConnection socket, string path)
    {
        _socket = socket;
        SocketPath = path;
    }

    /// <summary>The socket's path.</summary>
    public string SocketPath { get; }

    /// <summary>The socket, to be watched for the daemon's end.</summary>
    public SafeFileHandle Handle => _socket.Handle;

    /// <summary>Why the daemon is gone, or null while it is not known to be.</summary>
    public DeviceUnavailableException? Lost => Volatile.Read(ref _lost);

    /// <summary>Connects to the first of some sockets at which a daemon listens.</summary>
    /// <exception cref="DeviceUnavailableException">None listens.</exception>
    public static DeviceConnection Connect(IReadOnlyList<string> paths)
    {
        List<LinuxException> failures = [];
        foreach (string path in paths)
        {
            string directory = Path.GetDirectoryName(path) ?? "";
            if (!UserRuntimeDirectory.IsTrusted(directory))
            {
                failures.Add(UserRuntimeDirectory.Distrusted(directory));
                continue;
            }

            try
            {
                return new DeviceConnection(SeqPacketConnection.Connect(path), path);
            }
            catch (LinuxException failure)
            {
                failures.Add(failure);
            }
        }

        string tried = string.Join("; ", failures.Select(f => f.Message));
        throw new DeviceUnavailableException(
            paths[0],
            $"no DaxEmu daemon can be reached: {tried}. Start one with 'daxemu serve', or name its device socket in "
                + DeviceSocketPath.Variable,
            failures[0]);
    }

    /// <summary>Sends a request and takes its reply.</summary>
    /// <param name="what">The request, for messages.</param>
    /// <param name="type">DAXEMU_REQ_*.</param>
    /// <param name="body">The request's body.</param>
    /// <param name="descriptors">Descriptors to send along.</param>
    /// <param name="response">Filled with the reply's body.</param>
    /// <param name="received">Descriptors that came with the reply; the caller owns them.</param>
    /// <returns>How many bytes of the response were filled.</returns>
    /// <exception cref="RdmaException">The daemon refused.</exception>
    /// <exception cref="DeviceUnavailableException">The daemon is gone.</exception>
    public int Request(
        string what, uint type, ReadOnlySpan<byte> body, ReadOnlySpan<SafeFileHandle> descriptors, Span<byte> response,
        out IReadOnlyList<SafeFileHandle> received)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(RdmaDevice));
            if (_lost is not null)
            {
                throw Unavailable();
            }

            int header = Unsafe.SizeOf<daxemu_request>();
            if (body.Length > _out.Length - header)
            {
                throw new RdmaException(what, E2BIG, $"the request has {body.Length} bytes");
            }

            ulong id = ++_lastId;
            MemoryMarshal.Write(_out, new daxemu_request { type = type, length = (uint)body.Length, id = id });
            body.CopyTo(_out.AsSpan(header));
            ReceivedMessage message = Exchange(header + body.Length, descriptors);
            received = message.Descriptors;
            return Parse(what, id, message, response);
        }
    }

    /// <summary>Notes that the daemon is gone; later requests fail at once.</summary>
    /// <returns>The reason, to give to everyone who waits.</returns>
    public DeviceUnavailableException MarkLost(Exception? cause = null)
    {
        DeviceUnavailableException lost = new(
            SocketPath, $"the DaxEmu daemon at {SocketPath} closed the connection: it stopped, or it ended this client", cause);
        return Interlocked.CompareExchange(ref _lost, lost, null) ?? lost;
    }

    /// <summary>A fresh exception for a caller who finds the daemon gone.</summary>
    public DeviceUnavailableException Unavailable() => new(SocketPath, Lost!.Message, Lost);

    /// <summary>Closes the socket: the daemon then frees all that was made through it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _socket.Dispose();
        }
    }

    private ReceivedMessage Exchange(int length, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        try
        {
            _socket.Send(_out.AsSpan(0, length), descriptors);
            ReceivedMessage message = _socket.Receive(_in);
            if (!message.IsEnd)
            {
                return message;
            }

            MarkLost();
        }
        catch (LinuxException failure) when (failure.Errno is EPIPE or ECONNRESET)
        {
            MarkLost(failure);
        }

        throw Unavailable();
    }

    private int Parse(string what, ulong id, ReceivedMessage message, Span<byte> response)
    {
        int header = Unsafe.SizeOf<daxemu_reply>();
        daxemu_reply reply = message.Length >= header ? MemoryMarshal.Read<daxemu_reply>(_in) : default;
        if (message.IsTruncated || reply.id != id || reply.length != message.Length - header)
        {
            message.CloseDescriptors();
            throw new RdmaException(what, EPROTO, $"the daemon's reply of {message.Length} bytes is not one to this request");
        }

        ReadOnlySpan<byte> body = _in.AsSpan(header, message.Length - header);
        if (reply.result < 0)
        {
            message.CloseDescriptors();
            throw new RdmaException(what, -reply.result, Encoding.UTF8.GetString(body));
        }

        int filled = Math.Min(body.Length, response.Length);
        body[..filled].CopyTo(response);
        return filled;
    }
}
