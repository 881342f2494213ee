using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    // One for all: a completion channel belongs to no processor here.
    private const uint CompletionVectors = 1;

    // For what was posted before a command that it matters to, in nanoseconds.
    private const long LongestWait = 1_000_000_000;

    private readonly HandleTable<EventChannel> _channels;
    private readonly HandleTable<CompletionQueueObject> _completionQueues = new(int.MaxValue);
    private readonly Dictionary<ulong, RingMemory> _rings = [];
    private readonly HashSet<ulong> _cookies = [];
    private ulong _nextRingToken = (ulong)Environment.SystemPageSize;

    /// <summary>create_comp_channel: the response's fd is the channel's id (daxemu/device.h).</summary>
    public NicResult CreateChannel(ref Command command)
    {
        if (!_channels.TryPeek(out uint id))
        {
            return new NicError(EMFILE, $"this device file has {id} completion channels already, the limit");
        }

        using Rollback rollback = new();
        if (TakeObject(rollback) is { IsOk: false } refusal)
        {
            return refusal;
        }

        EventChannel channel = NewChannel();
        _channels.Add(channel);
        rollback.Commit();
        command.Respond(new ib_uverbs_create_comp_channel_resp { fd = id });
        command.Reply = channel.ClientEnd;
        return NicResult.Ok;
    }

    /// <summary>create_cq.</summary>
    public NicResult CreateCompletionQueue(ref Command command)
    {
        ib_uverbs_create_cq request = command.Read<ib_uverbs_create_cq>();
        NicResult created = CreateCompletionQueue(
            request.user_handle, request.cqe, request.comp_vector, request.comp_channel, ref command,
            out ib_uverbs_create_cq_resp response);
        command.Respond(response);
        return created;
    }

    /// <summary>ex_create_cq.</summary>
    public NicResult ExtendedCreateCompletionQueue(ref Command command)
    {
        ib_uverbs_ex_create_cq request = command.Read<ib_uverbs_ex_create_cq>();
        if (request.comp_mask != 0 || request.reserved != 0)
        {
            return new NicError(EINVAL, "ex_create_cq: comp_mask and reserved must be 0");
        }

        if (request.flags != 0)
        {
            return new NicError(EOPNOTSUPP, $"ex_create_cq: flags 0x{request.flags:x} are not supported");
        }

        NicResult created = CreateCompletionQueue(
            request.user_handle, request.cqe, request.comp_vector, request.comp_channel, ref command,
            out ib_uverbs_create_cq_resp response);
        command.Respond(new ib_uverbs_ex_create_cq_resp
        {
            @base = response,
            response_length = command.ResponseLength<ib_uverbs_ex_create_cq_resp>(),
        });
        return created;
    }

    /// <summary>resize_cq: a new ring, which holds what the client has not polled yet; it maps that in place of the old one.</summary>
    public NicResult ResizeCompletionQueue(ref Command command)
    {
        ib_uverbs_resize_cq request = command.Read<ib_uverbs_resize_cq>();
        if (!_completionQueues.TryGet(request.cq_handle, out CompletionQueueObject? cq))
        {
            return NoCompletionQueue(EINVAL, request.cq_handle);
        }

        if (CheckEntries(request.cqe) is { } badEntries)
        {
            return badEntries;
        }

        if (!command.HasProviderRoom<rxe_resize_cq_resp>())
        {
            return new NicError(EINVAL, "there is no room for the rxe provider's response, struct rxe_resize_cq_resp");
        }

        // The completions of what was posted count.
        _doorbell.WaitUntilServed(LongestWait);
        using Rollback rollback = new();
        NicResult<RingMemory> ring = MakeRing("daxemu-cq", RingLayout.ForCompletions(request.cqe), rollback);
        if (!ring.IsOk)
        {
            return ring.Error;
        }

        NicResult resized = Nic.ResizeCompletionQueue(cq.Queue, request.cqe, ring.Value.Location);
        if (!resized.IsOk)
        {
            return resized;
        }

        rollback.Commit();
        DropRing(cq.Ring);
        cq.Ring = ring.Value;
        command.Respond(new ib_uverbs_resize_cq_resp { cqe = cq.Queue.Layout.Capacity });
        command.RespondProvider(new rxe_resize_cq_resp { mi = InfoOf(ring.Value) });
        return NicResult.Ok;
    }

    /// <summary>req_notify_cq.</summary>
    public NicResult ArmCompletionQueue(ref Command command)
    {
        ib_uverbs_req_notify_cq request = command.Read<ib_uverbs_req_notify_cq>();
        if (!_completionQueues.TryGet(request.cq_handle, out CompletionQueueObject? cq))
        {
            return NoCompletionQueue(EINVAL, request.cq_handle);
        }

        return Nic.ArmCompletionQueue(cq.Queue, request.solicited_only != 0);
    }

    /// <summary>destroy_cq: says how many events the client has read, so that it can wait for their acknowledgement.</summary>
    public NicResult DestroyCompletionQueue(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_destroy_cq>().cq_handle;
        if (!_completionQueues.TryGet(handle, out CompletionQueueObject? cq))
        {
            return NoCompletionQueue(ENOENT, handle);
        }

        NicResult gone = Nic.DestroyCompletionQueue(cq.Queue);
        if (!gone.IsOk)
        {
            return gone;
        }

        ForgetCookie(cq.Queue.Cookie);
        _completionQueues.Remove(handle);
        _quota.ReturnObject();
        DropRing(cq.Ring);
        command.Respond(cq.WithdrawEvents());
        return NicResult.Ok;
    }

    // Before anything is computed from it: the ring's size follows from this number.
    private NicError? CheckEntries(uint entries) => entries == 0 || entries > (uint)Nic.Options.MaxCompletionEntries
        ? new NicError(EINVAL, $"a completion queue has 1 to {Nic.Options.MaxCompletionEntries} entries, not {entries}")
        : null;

    private static NicError NoCompletionQueue(int errno, uint handle) => new(errno, $"there is no completion queue {handle}");

    private NicResult CreateCompletionQueue(
        ulong userHandle, uint entries, uint vector, int channelId, ref Command command, out ib_uverbs_create_cq_resp response)
    {
        response = default;
        if (vector >= CompletionVectors)
        {
            return new NicError(EINVAL, $"the device has {CompletionVectors} completion vector, so there is no {vector}");
        }

        EventChannel? channel = null;
        if (channelId >= 0 && !_channels.TryGet((uint)channelId, out channel))
        {
            return new NicError(EBADF, $"there is no completion channel {channelId}");
        }

        if (CheckEntries(entries) is { } badEntries)
        {
            return badEntries;
        }

        if (!command.HasProviderRoom<rxe_create_cq_resp>())
        {
            return new NicError(EINVAL, "there is no room for the rxe provider's response, struct rxe_create_cq_resp");
        }

        using Rollback rollback = new();
        if (TakeObject(rollback) is { IsOk: false } refusal)
        {
            return refusal;
        }

        NicResult<RingMemory> ring = MakeRing("daxemu-cq", RingLayout.ForCompletions(entries), rollback);
        if (!ring.IsOk)
        {
            return ring.Error;
        }

        ulong cookie = _services.Events.NewCookie();
        NicResult<CompletionQueue> queue = Nic.CreateCompletionQueue(_identity.Id, entries, ring.Value.Location, cookie);
        if (!queue.IsOk)
        {
            return queue.Error;
        }

        CompletionQueueObject cq = new()
        {
            Queue = queue.Value,
            Ring = ring.Value,
            UserHandle = userHandle,
            Channel = channel,
            AsyncChannel = _asyncChannel!,
        };
        _completionQueues.TryPeek(out uint handle);
        _completionQueues.Add(cq);
        RememberCookie(cookie, cq);
        rollback.Commit();
        response = new ib_uverbs_create_cq_resp { cq_handle = handle, cqe = queue.Value.Layout.Capacity };
        command.RespondProvider(new rxe_create_cq_resp { mi = InfoOf(ring.Value) });
        return NicResult.Ok;
    }

    private NicResult<RingMemory> MakeRing(string name, RingLayout layout, Rollback rollback)
    {
        long length = RingMemory.LengthOf(layout);
        if (_quota.TakeRingBytes(length) is { IsOk: false } refusal)
        {
            return refusal.Error;
        }

        rollback.Add(() => _quota.ReturnRingBytes(length));
        NicResult<RingMemory> ring = RingMemory.Create(_services.Mappings, name, layout, _nextRingToken);
        if (ring.IsOk)
        {
            _nextRingToken += (ulong)length;
            _rings.Add(ring.Value.Token, ring.Value);
            rollback.Add(() =>
            {
                _rings.Remove(ring.Value.Token);
                ring.Value.Dispose();
            });
        }

        return ring;
    }

    private void DropRing(RingMemory ring)
    {
        _rings.Remove(ring.Token);
        _quota.ReturnRingBytes(ring.Length);
        ring.Dispose();
    }

    private static mminfo InfoOf(RingMemory ring) => new() { offset = ring.Token, size = (uint)ring.Length };

    private void RememberCookie(ulong cookie, IEventTarget target)
    {
        _cookies.Add(cookie);
        _services.Events.Add(cookie, target);
    }

    private void ForgetCookie(ulong cookie)
    {
        _cookies.Remove(cookie);
        _services.Events.Remove(cookie);
    }
}
