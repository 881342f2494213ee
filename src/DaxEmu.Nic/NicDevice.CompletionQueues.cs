using static DaxEmu.Abi.errno;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    private readonly IndexPool _completionQueueIndices;
    private readonly CompletionQueue?[] _completionQueues;

    /// <summary>Creates a completion queue (ibv_create_cq(3)) and writes its ring's header.</summary>
    /// <param name="owner">Tag of whom it belongs to.</param>
    /// <param name="entries">Completions it must hold; it holds <see cref="RingLayout.Capacity"/>.</param>
    /// <param name="ring">Where its ring lies: <see cref="RingLayout.ForCompletions"/> bytes.</param>
    /// <param name="cookie">Carried by its events.</param>
    /// <returns>It; EINVAL for a bad number of entries or ring, ENOMEM at the limit.</returns>
    public NicResult<CompletionQueue> CreateCompletionQueue(ulong owner, uint entries, RingLocation ring, ulong cookie)
    {
        if (CheckEntries(entries) is { } badEntries)
        {
            return badEntries;
        }

        RingLayout layout = RingLayout.ForCompletions(entries);
        RingContext context = RingContext.Of(ring, layout);
        if (InitialiseRing(context, "completion") is { } refusal)
        {
            return refusal;
        }

        lock (_lock)
        {
            if (!_completionQueueIndices.TryTake(out uint number))
            {
                return new NicError(ENOMEM, $"all {_options.MaxCompletionQueues} completion queues are in use");
            }

            _block.Cq(number) = new CqContext { Ring = context, Cookie = cookie };
            return _completionQueues[number] = new CompletionQueue(_block, number, owner, cookie, layout);
        }
    }

    /// <summary>
    /// Arms a completion queue: the next completion added raises <see cref="INicEvents.CompletionEvent"/> (ibv_req_notify_cq(3)). One that came
    /// since the last event and that the program has not taken yet does so at once. IBTA 11.4.2.2 asks for it only of later ones, but cards
    /// compare with what the program has taken when it asks, and programs that look, find nothing, ask and sleep rely on that.
    /// </summary>
    /// <param name="cq">The queue.</param>
    /// <param name="solicitedOnly">Only for a solicited or failed completion.</param>
    /// <returns>EINVAL when it is gone.</returns>
    public NicResult ArmCompletionQueue(CompletionQueue cq, bool solicitedOnly)
    {
        ArgumentNullException.ThrowIfNull(cq);
        bool tells;
        lock (_lock)
        {
            if (cq.IsGone)
            {
                return new NicError(EINVAL, $"completion queue {cq.Number} is gone");
            }

            ref CqContext context = ref _block.Cq(cq.Number);
            SpinWord.Acquire(ref context.Lock);
            CqNotification wish = solicitedOnly ? CqNotification.Solicited : CqNotification.Any;
            context.Notification = context.Notification < wish ? wish : context.Notification;
            tells = HasUntold(context);
            if (tells)
            {
                context.Notification = CqNotification.None;
                context.LastTold = context.Added;
            }

            SpinWord.Release(ref context.Lock);
        }

        if (tells)
        {
            _events.CompletionEvent(cq.Number, cq.Cookie);
        }

        return NicResult.Ok;
    }

    /// <summary>
    /// Gives a completion queue another ring (ibv_resize_cq(3)): completions that the program has not polled move there in order, later ones
    /// follow. When it returns no engine touches the old ring. The program must not poll meanwhile.
    /// </summary>
    /// <param name="cq">The queue.</param>
    /// <param name="entries">Completions it must hold.</param>
    /// <param name="location">Where the new ring lies: <see cref="RingLayout.ForCompletions"/> bytes.</param>
    /// <returns>EINVAL for a bad number of entries or ring, fewer than are waiting, a program that polled, or when the queue is gone or in error.</returns>
    public NicResult ResizeCompletionQueue(CompletionQueue cq, uint entries, RingLocation location)
    {
        ArgumentNullException.ThrowIfNull(cq);
        if (CheckEntries(entries) is { } badEntries)
        {
            return badEntries;
        }

        RingLayout layout = RingLayout.ForCompletions(entries);
        RingContext ring = RingContext.Of(location, layout);
        if (InitialiseRing(ring, "completion") is { } refusal)
        {
            return refusal;
        }

        lock (cq.Resizing)
        {
            lock (_lock)
            {
                if (cq.IsGone || cq.IsInError)
                {
                    return new NicError(EINVAL, $"completion queue {cq.Number} is {(cq.IsGone ? "gone" : "in error")}");
                }

                // Keeps it from being destroyed while it is not locked.
                cq.Uses++;
            }

            bool fits = RingMove.TryMoveCompletions(_mappings, ref _block.Cq(cq.Number), entries, ring);
            lock (_lock)
            {
                cq.Uses--;
                if (fits)
                {
                    cq.Layout = layout;
                }
            }

            return fits
                ? NicResult.Ok
                : new NicError(EINVAL, $"{entries} entries are fewer than wait in completion queue {cq.Number}, or its consumer index moved");
        }
    }

    /// <summary>Destroys a completion queue (ibv_destroy_cq(3)). When it returns no engine touches its ring any more.</summary>
    /// <param name="cq">The queue.</param>
    /// <returns>EBUSY while a queue pair uses it, EINVAL when it is gone already.</returns>
    public NicResult DestroyCompletionQueue(CompletionQueue cq)
    {
        ArgumentNullException.ThrowIfNull(cq);
        lock (_lock)
        {
            if (cq.IsGone)
            {
                return new NicError(EINVAL, $"completion queue {cq.Number} is gone already");
            }

            if (cq.Uses != 0)
            {
                return new NicError(EBUSY, $"completion queue {cq.Number} still has {cq.Uses} queues attached");
            }

            cq.IsGone = true;
            _completionQueues[cq.Number] = null;
            _completionQueueIndices.Return(cq.Number);
            return NicResult.Ok;
        }
    }

    /// <summary>The completion queue that has a number now, or null.</summary>
    public CompletionQueue? FindCompletionQueue(uint number)
    {
        lock (_lock)
        {
            return number < (uint)_completionQueues.Length ? _completionQueues[number] : null;
        }
    }

    // Of the kind that it is armed for. A consumer index that cannot be has taken all.
    private bool HasUntold(in CqContext cq)
    {
        ulong last = cq.Notification == CqNotification.Any ? cq.Added : cq.LastSolicited;
        if (last <= cq.LastTold || !SharedRing.TryOpen(_mappings, cq.Ring, out SharedRing ring))
        {
            return false;
        }

        uint consumer = ring.ReadConsumer();
        uint mask = cq.Ring.IndexMask;
        uint unread = (cq.Ring.Index - consumer) & mask;
        return consumer <= mask && unread <= ((cq.Ring.Index - cq.LastConsumer) & mask) && last > cq.Added - unread;
    }

    private NicError? CheckEntries(uint entries) => entries == 0 || entries > (uint)_options.MaxCompletionEntries
        ? new NicError(EINVAL, $"a completion queue has 1 to {_options.MaxCompletionEntries} entries, not {entries}")
        : null;

    private NicError? InitialiseRing(in RingContext context, string name)
    {
        if (context.Offset % 64 != 0)
        {
            return new NicError(EINVAL, $"the {name} ring's offset {context.Offset} is no multiple of 64");
        }

        if (!SharedRing.TryOpen(_mappings, context, out SharedRing ring))
        {
            return new NicError(EINVAL, $"the {name} ring's {context.ByteLength} bytes do not fit in mapping {context.Mapping}");
        }

        ring.Initialise();
        return null;
    }
}
