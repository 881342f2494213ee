using System.Runtime.InteropServices;
using DaxEmu.Abi;

namespace DaxEmu.Client;

/// <content>
/// Posting: <c>ibv_post_send</c> and <c>ibv_post_recv</c>. Nothing here allocates, or makes a system call while the daemon's worker is
/// awake.
/// </content>
public sealed partial class QueuePair
{
    private const int AtomicLength = 8;
    private const uint KeyByte = 0xff;

    /// <summary>Posts a send request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="local">Its local memory: the data to send or write, or where what is read goes; 8 bytes for an atomic.</param>
    /// <returns>False if the send queue is full (ENOMEM): take completions and try again.</returns>
    /// <exception cref="RdmaException">EINVAL: the request is not valid, or the queue pair is not ready to send.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    /// <exception cref="DeviceUnavailableException">The daemon is gone.</exception>
    public bool TryPost(in SendWorkRequest request, ReadOnlySpan<ScatterGather> local)
    {
        ThrowIfMarked(request.Id);
        return TryPostUnmarked(request.Id, request, local);
    }

    /// <summary>Posts a send request that takes its data along (<c>IBV_SEND_INLINE</c>), so that it needs no registered memory.</summary>
    /// <param name="request">The request: a send or a write.</param>
    /// <param name="data">The data, at most <see cref="MaxInlineData"/> bytes; may be changed as soon as this returns.</param>
    /// <inheritdoc cref="TryPost(in SendWorkRequest, ReadOnlySpan{ScatterGather})"/>
    public unsafe bool TryPostInline(in SendWorkRequest request, ReadOnlySpan<byte> data)
    {
        ThrowIfMarked(request.Id);
        if (request.Opcode is SendOpcode.Read or SendOpcode.CompareSwap or SendOpcode.FetchAdd)
        {
            throw Invalid("post_send", $"a {request.Opcode} brings data in, so it cannot be inline");
        }

        if (data.Length > MaxInlineData)
        {
            throw Invalid("post_send", $"{data.Length} bytes of inline data, of at most {MaxInlineData}");
        }

        lock (_send.Gate)
        {
            ThrowUnlessReadyToSend(request, (uint)data.Length);
            byte* slot = _send.Ring.Reserve();
            if (slot == null)
            {
                return false;
            }

            WorkQueueEntries.WriteInlineSend(slot, request.Id, request, data);
            PublishSend();
            return true;
        }
    }

    /// <summary>Posts a receive: memory that a peer's send fills.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">The memory; may be empty for writes with immediate, which only take the receive.</param>
    /// <returns>False if the receive queue is full (ENOMEM): take completions and try again.</returns>
    /// <exception cref="RdmaException">EINVAL: too many scatter/gather elements, or the queue pair is not initialised.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    /// <exception cref="DeviceUnavailableException">The daemon is gone.</exception>
    public bool TryPostReceive(ulong id, ReadOnlySpan<ScatterGather> local)
    {
        ThrowIfMarked(id);
        return TryPostReceiveUnmarked(id, local);
    }

    /// <summary>Sends a message into a receive of the peer.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">The message.</param>
    /// <param name="flags">How.</param>
    /// <exception cref="RdmaException">
    /// ENOMEM: the send queue is full (see <see cref="TryPost"/>). EINVAL: the request is not valid, or the queue pair is not ready.
    /// </exception>
    public void PostSend(ulong id, ScatterGather local, SendFlags flags = SendFlags.Signaled) =>
        Post(new SendWorkRequest { Id = id, Opcode = SendOpcode.Send, Flags = flags }, local);

    /// <summary>Sends a message with 4 bytes that its completion at the peer shows.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">The message.</param>
    /// <param name="immediate">The 4 bytes.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostSendWithImmediate(ulong id, ScatterGather local, uint immediate, SendFlags flags = SendFlags.Signaled) =>
        Post(new SendWorkRequest { Id = id, Opcode = SendOpcode.SendWithImmediate, Flags = flags, Immediate = immediate }, local);

    /// <summary>Writes into the peer's memory, without the peer's program taking part.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">The data.</param>
    /// <param name="remote">Where it goes, at least as long.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostWrite(ulong id, ScatterGather local, RemoteMemory remote, SendFlags flags = SendFlags.Signaled) =>
        Post(new SendWorkRequest { Id = id, Opcode = SendOpcode.Write, Flags = flags, Remote = remote }, local);

    /// <summary>Writes into the peer's memory, and completes a receive of the peer with 4 bytes.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">The data.</param>
    /// <param name="remote">Where it goes, at least as long.</param>
    /// <param name="immediate">The 4 bytes.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostWriteWithImmediate(
        ulong id, ScatterGather local, RemoteMemory remote, uint immediate, SendFlags flags = SendFlags.Signaled) =>
        Post(
            new SendWorkRequest { Id = id, Opcode = SendOpcode.WriteWithImmediate, Flags = flags, Remote = remote, Immediate = immediate },
            local);

    /// <summary>Reads from the peer's memory, without the peer's program taking part.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">Where the data goes; as many bytes are read.</param>
    /// <param name="remote">Where it comes from, at least as long.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostRead(ulong id, ScatterGather local, RemoteMemory remote, SendFlags flags = SendFlags.Signaled) =>
        Post(new SendWorkRequest { Id = id, Opcode = SendOpcode.Read, Flags = flags, Remote = remote }, local);

    /// <summary>Replaces 8 bytes of the peer's memory, atomically, if they have an expected value.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">8 bytes: gets the value that was there.</param>
    /// <param name="remote">Where the value is, aligned to 8 bytes.</param>
    /// <param name="expected">The value to replace.</param>
    /// <param name="replacement">The value to put there.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostCompareSwap(
        ulong id, ScatterGather local, RemoteMemory remote, ulong expected, ulong replacement, SendFlags flags = SendFlags.Signaled) =>
        Post(CompareSwap(id, remote, expected, replacement, flags), local);

    /// <summary>Adds to 8 bytes of the peer's memory, atomically.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">8 bytes: gets the value that was there.</param>
    /// <param name="remote">Where the value is, aligned to 8 bytes.</param>
    /// <param name="addend">What to add.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostFetchAdd(
        ulong id, ScatterGather local, RemoteMemory remote, ulong addend, SendFlags flags = SendFlags.Signaled) =>
        Post(FetchAdd(id, remote, addend, flags), local);

    /// <summary>Replaces 8 bytes of the peer's memory in one step, after all that was written there before.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="value">The value to put there, in this machine's byte order.</param>
    /// <param name="remote">Where to, aligned to 8 bytes.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostAtomicWrite(ulong id, ulong value, RemoteMemory remote, SendFlags flags = SendFlags.Signaled)
    {
        SendWorkRequest request = new() { Id = id, Opcode = SendOpcode.AtomicWrite, Flags = flags, Remote = remote };
        if (!TryPostInline(request, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value))))
        {
            throw Full("post_send", _send);
        }
    }

    /// <summary>
    /// Makes what earlier requests of this queue pair wrote to the peer's memory visible or durable there, before it completes. Bytes that
    /// could not be made durable end in <see cref="CompletionStatus.RemoteOperationError"/>.
    /// </summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="remote">Of which bytes, at most 4 GiB - 1 of a range.</param>
    /// <param name="types">What to make of them; region and queue pair of the peer must allow it.</param>
    /// <param name="level">Those bytes, or all that their rkey names.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostFlush(
        ulong id, RemoteMemory remote, FlushTypes types, FlushLevel level = FlushLevel.Range, SendFlags flags = SendFlags.Signaled)
    {
        if (level == FlushLevel.Range && remote.Length > uint.MaxValue)
        {
            throw Invalid("post_send", $"a flush of {remote.Length} bytes, of at most {uint.MaxValue} unless of the whole region");
        }

        PostWithoutMemory(new SendWorkRequest
        {
            Id = id,
            Opcode = SendOpcode.Flush,
            Flags = flags,
            Remote = remote,
            FlushTypes = types,
            FlushLevel = level,
        });
    }

    /// <summary>
    /// Binds a memory window to a part of a region: peers may reach it by the rkey that is returned once the request has completed.
    /// A window that cannot be bound ends in <see cref="CompletionStatus.MemoryWindowBindError"/>.
    /// </summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="window">The window; one of type 2 must not be bound.</param>
    /// <param name="memory">The part, of a region with <see cref="AccessFlags.WindowBind"/>; no bytes: unbinds a window of type 1.</param>
    /// <param name="access">What peers may do through it.</param>
    /// <param name="flags">How.</param>
    /// <returns>The window as a peer must name it.</returns>
    /// <inheritdoc cref="PostSend"/>
    public RemoteMemory PostBind(
        ulong id, MemoryWindow window, ScatterGather memory, AccessFlags access, SendFlags flags = SendFlags.Signaled)
    {
        ArgumentNullException.ThrowIfNull(window);
        uint key = window.RKey;

        // ibv_inc_rkey: a key that peers may still have must not come to life again.
        uint next = (key & ~KeyByte) | ((key + 1) & KeyByte);
        WindowBinding binding = new(key, next, memory, access);
        PostWithoutMemory(new SendWorkRequest { Id = id, Opcode = SendOpcode.BindWindow, Flags = flags, Binding = binding });
        window.RKey = next;
        return new RemoteMemory((access & AccessFlags.ZeroBased) != 0 ? 0 : memory.Address, memory.Length, next);
    }

    /// <summary>
    /// Ends the rkey of a memory window of type 2 that is bound on this queue pair: once the request has completed, no byte changes
    /// through it any more. Any other key ends in <see cref="CompletionStatus.LocalQueuePairOperationError"/>.
    /// </summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="rkey">The rkey.</param>
    /// <param name="flags">How.</param>
    /// <inheritdoc cref="PostSend"/>
    public void PostInvalidate(ulong id, uint rkey, SendFlags flags = SendFlags.Signaled) =>
        PostWithoutMemory(new SendWorkRequest { Id = id, Opcode = SendOpcode.LocalInvalidate, Flags = flags, InvalidateRKey = rkey });

    /// <summary>Posts a receive: memory that a peer's send fills.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">The memory.</param>
    /// <exception cref="RdmaException">ENOMEM: the receive queue is full. EINVAL: the queue pair is not initialised.</exception>
    public void PostReceive(ulong id, ScatterGather local) => PostReceive(id, new ReadOnlySpan<ScatterGather>(in local));

    /// <summary>Posts a receive into several places, or, for writes with immediate, into none.</summary>
    /// <param name="id">What the completion is to be recognised by; below 2^63.</param>
    /// <param name="local">The memory.</param>
    /// <inheritdoc cref="PostReceive(ulong, ScatterGather)"/>
    public void PostReceive(ulong id, ReadOnlySpan<ScatterGather> local)
    {
        if (!TryPostReceive(id, local))
        {
            throw Full("post_recv", _receive);
        }
    }

    private static SendWorkRequest CompareSwap(ulong id, RemoteMemory remote, ulong expected, ulong replacement, SendFlags flags) => new()
    {
        Id = id,
        Opcode = SendOpcode.CompareSwap,
        Flags = flags,
        Remote = remote,
        CompareAdd = expected,
        Swap = replacement,
    };

    private static SendWorkRequest FetchAdd(ulong id, RemoteMemory remote, ulong addend, SendFlags flags) =>
        new() { Id = id, Opcode = SendOpcode.FetchAdd, Flags = flags, Remote = remote, CompareAdd = addend };

    private void Post(in SendWorkRequest request, ScatterGather local)
    {
        if (!TryPost(request, new ReadOnlySpan<ScatterGather>(in local)))
        {
            throw Full("post_send", _send);
        }
    }

    private void PostWithoutMemory(in SendWorkRequest request)
    {
        if (!TryPost(request, []))
        {
            throw Full("post_send", _send);
        }
    }

    private unsafe bool TryPostUnmarked(ulong id, in SendWorkRequest request, ReadOnlySpan<ScatterGather> local)
    {
        uint length = LengthOf("post_send", local, _send);
        lock (_send.Gate)
        {
            ThrowUnlessReadyToSend(request, length);
            byte* slot = _send.Ring.Reserve();
            if (slot == null)
            {
                return false;
            }

            WorkQueueEntries.WriteSend(slot, id, request, local, length);
            PublishSend();
            return true;
        }
    }

    private unsafe bool TryPostReceiveUnmarked(ulong id, ReadOnlySpan<ScatterGather> local)
    {
        uint length = LengthOf("post_recv", local, _receive);
        lock (_receive.Gate)
        {
            ObjectDisposedException.ThrowIf(_receive.IsDisposed, this);
            Device.ThrowIfLost();
            if (Device.Doorbell.StateOf(_handle) == QueuePairState.Reset)
            {
                throw Invalid("post_recv", "the queue pair is in state Reset, where nothing may be posted");
            }

            byte* slot = _receive.Ring.Reserve();
            if (slot == null)
            {
                return false;
            }

            WorkQueueEntries.WriteReceive(slot, id, local, length);
            _receive.Ring.Publish();
            return true;
        }
    }

    // Under the send queue's lock: the queue pair, and with it its bit of the doorbell, cannot be gone.
    private void PublishSend()
    {
        _send.Ring.Publish();
        Device.Doorbell.Ring(_handle);
    }

    private void ThrowUnlessReadyToSend(in SendWorkRequest request, uint length)
    {
        ObjectDisposedException.ThrowIf(_send.IsDisposed, this);
        Device.ThrowIfLost();
        QueuePairState state = Device.Doorbell.StateOf(_handle);
        if (state < QueuePairState.ReadyToSend)
        {
            throw Invalid("post_send", $"the queue pair is in state {state}, before {QueuePairState.ReadyToSend}");
        }

        bool isAtomic = request.Opcode is SendOpcode.CompareSwap or SendOpcode.FetchAdd or SendOpcode.AtomicWrite;
        if (isAtomic && (length != AtomicLength || request.Remote.Address % AtomicLength != 0))
        {
            throw Invalid("post_send", $"a {request.Opcode} works on {AtomicLength} bytes, aligned to as many");
        }

        bool hasRemote = isAtomic || request.Opcode is SendOpcode.Write or SendOpcode.WriteWithImmediate or SendOpcode.Read;
        if (hasRemote && length > request.Remote.Length)
        {
            throw Invalid("post_send", $"{length} bytes locally, but {request.Remote.Length} at the peer");
        }
    }

    private uint LengthOf(string verb, ReadOnlySpan<ScatterGather> local, WorkQueue queue)
    {
        if (local.Length > queue.MaxScatterGather)
        {
            throw Invalid(verb, $"{local.Length} scatter/gather elements, of at most {queue.MaxScatterGather}");
        }

        ulong length = 0;
        foreach (ref readonly ScatterGather part in local)
        {
            length += part.Length;
        }

        return length <= uint.MaxValue ? (uint)length : throw Invalid(verb, $"{length} bytes, of at most {uint.MaxValue}");
    }

    private static void ThrowIfMarked(ulong id)
    {
        if ((id & AwaitedRequests.Mark) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, "ids from 2^63 on are those of awaited work requests");
        }
    }

    private RdmaException Invalid(string verb, string reason) => new($"{verb}(queue pair {Number})", errno.EINVAL, reason);

    private RdmaException Full(string verb, WorkQueue queue) =>
        new($"{verb}(queue pair {Number})", errno.ENOMEM, $"the queue holds {queue.Capacity} work requests, all unfinished");
}
