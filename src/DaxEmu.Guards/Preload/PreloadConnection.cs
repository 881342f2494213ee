using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Processes;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Preload;

/// <summary>
/// A client's connection: one operation at a time, which ends with it at the latest. One thread takes the requests; the answer to an operation
/// that waits is sent by whoever decides it.
/// </summary>
/// <param name="socket">The connection; disposed with this.</param>
/// <param name="peer">Who is at its other end.</param>
/// <param name="files">Which files are guarded.</param>
/// <param name="contract">Whom to ask.</param>
/// <param name="policies">What is in force for files that the client may not change.</param>
/// <param name="events">Whom to tell.</param>
/// <param name="inFlight">How long an operation may be in flight.</param>
internal sealed class PreloadConnection(
    SeqPacketConnection socket, PeerCredentials peer, PreloadFiles files, IFileContract contract, IPolicySource policies, IGuardEvents events,
    TimeSpan inFlight) : IDisposable
{
    private const int LongestRequest = 256;
    private const int LongestSentence = 1024;
    private static readonly int RequestHeader = Unsafe.SizeOf<daxemu_request>();
    private static readonly int ReplyHeader = Unsafe.SizeOf<daxemu_reply>();

    private readonly Lock _gate = new();
    private CancellationTokenSource? _waiting;
    private LayoutDecision? _underWay;
    private LayoutOperation? _operation;
    private BackingFile? _file;
    private Timer? _limit;
    private ulong _request;
    private bool _ended;
    private volatile bool _isAnswering;

    /// <summary>Who is at the other end.</summary>
    internal PeerCredentials Peer => peer;

    /// <summary>Serves the client until it, or <see cref="End"/>, ends the connection.</summary>
    internal void Serve()
    {
        byte[] buffer = new byte[LongestRequest];
        try
        {
            while (socket.Receive(buffer) is { IsEnd: false } message)
            {
                try
                {
                    if (!Handle(buffer.AsSpan(0, message.Length), message))
                    {
                        return;
                    }
                }
                finally
                {
                    message.CloseDescriptors();
                }
            }
        }
        catch (LinuxException failure)
        {
            // The client is gone, or gets an answer: who is told nothing takes its files for unguarded.
            Reply(_request, -EIO, Encoding.UTF8.GetBytes(failure.Message));
        }
        // No client takes the daemon down.
#pragma warning disable CA1031
        catch (Exception failure)
#pragma warning restore CA1031
        {
            events.Warning($"a request of process {peer.ProcessId} to the preload guard could not be served", failure);
            Reply(_request, -EIO, "the guard failed at this request"u8);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Ends the wait of an operation that waits: its caller is told EINTR.</summary>
    internal void Interrupt()
    {
        lock (_gate)
        {
            // Answers at once, by way of another thread.
            _waiting?.Cancel();
        }
    }

    /// <summary>Ends the connection.</summary>
    internal void End() => socket.Shutdown();

    /// <summary>True while an operation has no answer yet.</summary>
    internal bool IsWaiting => _isAnswering;

    /// <summary>Tells a client that it is turned away, whatever it is about to ask.</summary>
    internal void Refuse(int errno, string sentence)
    {
        Reply(0, -errno, Encoding.UTF8.GetBytes(sentence));

        // What it has asked meanwhile is taken, and nothing more can come: closed with bytes unread, a socket is reset, and not this answer but
        // ECONNRESET is the next that the client sees.
        socket.Shutdown();
        while (socket.TryReceive(new byte[LongestRequest], out ReceivedMessage message) == 0 && !message.IsEnd)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    // False: this is no client.
    private bool Handle(ReadOnlySpan<byte> message, in ReceivedMessage received)
    {
        if (message.Length < RequestHeader)
        {
            return false;
        }

        daxemu_request request = MemoryMarshal.Read<daxemu_request>(message);
        _request = request.id;
        if (received.IsTruncated)
        {
            // Where there was room for the bytes, there was none for the descriptor (RLIMIT_NOFILE).
            bool isWhole = message.Length < LongestRequest;
            Reply(
                request.id, isWhole ? -EMFILE : -EINVAL,
                isWhole ? "the guard has no descriptor left for the file"u8 : "this is longer than any request"u8);
            return false;
        }

        ReadOnlySpan<byte> body = message[RequestHeader..];
        switch (request.type)
        {
            case DAXEMU_REQ_GUARD_FILES:
                daxemu_guard_files description = files.Describe();
                return Reply(request.id, 0, MemoryMarshal.AsBytes(new ReadOnlySpan<daxemu_guard_files>(in description)));
            case DAXEMU_REQ_GUARD_BEGIN when body.Length == Unsafe.SizeOf<daxemu_guard_begin>() && received.Descriptors.Count == 1:
                Begin(request.id, MemoryMarshal.Read<daxemu_guard_begin>(body), received.Descriptors[0]);
                return true;
            case DAXEMU_REQ_GUARD_INTERRUPT:
                Interrupt();
                return true;
            case DAXEMU_REQ_GUARD_END when body.Length == Unsafe.SizeOf<daxemu_guard_end>():
                EndOperation(MemoryMarshal.Read<daxemu_guard_end>(body).carried_out != 0);
                return Reply(request.id, 0, []);
            default:
                Reply(request.id, -EINVAL, "this is no request to a guard, or it is not as long as it must be, or comes without its descriptor"u8);
                return false;
        }
    }

    private void Begin(ulong id, in daxemu_guard_begin wish, SafeFileHandle file)
    {
        if (PreloadKinds.Of(wish.kind) is not { } kind || wish.reserved != 0)
        {
            Reply(id, -EINVAL, "this is no kind of operation"u8);
            return;
        }

        lock (_gate)
        {
            if (_waiting is not null || _underWay is not null)
            {
                // Who asks is not stopped: it has the time anew.
                _limit?.Change(inFlight, Timeout.InfiniteTimeSpan);
                Reply(id, -EBUSY, "the operation before this one has not ended: a connection has one at a time"u8);
                return;
            }
        }

        try
        {
            DescriptorStatus status = DescriptorStatus.Of(file);
            if (status.IsRegularFile && files.Find(file) is { } found)
            {
                Judge(id, kind, LayoutReaches.RangeOf(kind, wish.offset, wish.length), found, status);
                return;
            }
        }
        catch (LinuxException failure)
        {
            Reply(id, -failure.Errno, Encoding.UTF8.GetBytes(failure.Message));
            return;
        }

        Reply(id, DAXEMU_GUARD_UNGUARDED, []);
    }

    private void Judge(ulong id, LayoutOperationKind kind, ByteRange range, BackingFile file, in DescriptorStatus status)
    {
        LayoutOperation operation = new(
            file.Identity, file.Path, kind, range, new Requester(peer.ProcessId, peer.UserId, ProcessStatus.CommandOf(peer.ProcessId)));

        // Who owns a file may give himself the right to write to it.
        if (status.CanWrite || peer.UserId == 0 || peer.UserId == status.Owner)
        {
            Ask(id, operation, file);
            return;
        }

        using (file)
        {
            Bystander(id, operation);
        }
    }

    private void Ask(ulong id, LayoutOperation operation, BackingFile file)
    {
        CancellationTokenSource interruption = new();
        lock (_gate)
        {
            _isAnswering = true;
            _waiting = interruption;
            _operation = operation;
            _file = file;
        }

        Task<LayoutDecision> asked;
        try
        {
            asked = contract.RequestAsync(operation, interruption.Token).AsTask();
        }
        // A client must not take down the thread, and gets an answer.
#pragma warning disable CA1031
        catch (Exception failure)
#pragma warning restore CA1031
        {
            asked = Task.FromException<LayoutDecision>(failure);
        }

        if (asked.IsCompleted)
        {
            Answer(id, asked);
        }
        else
        {
            asked.ContinueWith(decided => Answer(id, decided), TaskScheduler.Default);
        }
    }

    private void Answer(ulong id, Task<LayoutDecision> asked)
    {
        LayoutDecision decision = asked.IsCompletedSuccessfully
            ? asked.Result
            : new LayoutDecision(LayoutVerdict.Refuse, asked.IsCanceled ? EINTR : EIO, asked.Exception?.InnerException?.Message ?? "", null);
        if (asked.IsFaulted)
        {
            events.Warning($"an operation of process {peer.ProcessId} could not be judged", asked.Exception);
        }

        bool isGone;
        lock (_gate)
        {
            _waiting!.Dispose();
            _waiting = null;
            _underWay = decision;
            _limit = new Timer(_ => GiveUpOn(decision), null, inFlight, Timeout.InfiniteTimeSpan);
            isGone = _ended;
        }

        if (isGone || decision.Verdict != LayoutVerdict.Proceed)
        {
            // Nobody is there, or has the leave, to carry it out.
            EndOperation(carriedOut: false);
        }

        int result = decision.Verdict switch
        {
            LayoutVerdict.Proceed => DAXEMU_GUARD_PROCEED,
            LayoutVerdict.Pretend => DAXEMU_GUARD_PRETEND,
            _ => -decision.Errno,
        };
        Reply(id, result, Encoding.UTF8.GetBytes(decision.Reason));
        _isAnswering = false;
    }

    // Cloning from a file, for one, takes no right to write to it. Who has none waits for nothing and breaks no lease.
    private void Bystander(ulong id, LayoutOperation operation)
    {
        if (!contract.IsPinned(operation.File, operation.Range))
        {
            Reply(id, DAXEMU_GUARD_UNGUARDED, []);
            return;
        }

        PolicySetting setting = policies.Resolve(operation.File, operation.Path);
        int result = setting.Policy switch
        {
            Policy.Ignore => DAXEMU_GUARD_PRETEND,
            Policy.Legacy or Policy.Odp => DAXEMU_GUARD_UNGUARDED,
            _ => -ETXTBSY,
        };
        Reply(id, result, Encoding.UTF8.GetBytes(
            $"{operation.Path} is pinned in {operation.Range}, and who may not write to it is not waited for (policy {PolicyName.Of(setting.Policy)})."));
    }

    // Who was stopped in the midst of an operation is not waited for any longer.
    private void GiveUpOn(LayoutDecision decision)
    {
        LayoutOperation? operation;
        lock (_gate)
        {
            operation = _underWay == decision ? _operation : null;
        }

        if (operation is not null)
        {
            events.Warning(
                $"process {peer.ProcessId} has not told within {inFlight.TotalSeconds:0.###} s what came of its {operation.Kind} of "
                + $"{operation.Path} {operation.Range}: it is taken as carried out, and registrations of the file go on");
            EndOperation(carriedOut: true, decision);
        }
    }

    // Ends what is under way, if it is what is meant; null: whatever it is.
    private void EndOperation(bool carriedOut, LayoutDecision? meant = null)
    {
        LayoutDecision? decision;
        BackingFile? file;
        lock (_gate)
        {
            decision = _underWay;
            if (decision is null || (meant is not null && meant != decision))
            {
                return;
            }

            file = _file;
            _limit?.Dispose();
            (_underWay, _operation, _file, _limit) = (null, null, null, null);
        }

        try
        {
            using (decision)
            {
                decision.Settle(carriedOut);
            }
        }
        // On a thread that nobody watches.
#pragma warning disable CA1031
        catch (Exception failure)
#pragma warning restore CA1031
        {
            events.Warning($"what followed an operation of process {peer.ProcessId} failed", failure);
        }

        file?.Dispose();
    }

    private void Leave()
    {
        lock (_gate)
        {
            _ended = true;
            _waiting?.Cancel();
        }

        // Whether it was carried out, nobody can say: who died in the midst of it mostly had begun.
        EndOperation(carriedOut: true);
    }

    private bool Reply(ulong id, int result, ReadOnlySpan<byte> body)
    {
        if (result < 0 && body.Length > LongestSentence)
        {
            body = body[..LongestSentence];
        }

        Span<byte> message = new byte[ReplyHeader + body.Length];
        daxemu_reply header = new() { id = id, result = result, length = (uint)body.Length };
        MemoryMarshal.Write(message, in header);
        body.CopyTo(message[ReplyHeader..]);

        // A client that does not take its answers has no use for another.
        return socket.TrySend(message) == 0;
    }
}
