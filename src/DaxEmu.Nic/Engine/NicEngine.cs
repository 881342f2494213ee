using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic;

/// <summary>
/// Carries out work requests. One engine belongs to one thread; any number of engines, in any process that maps the block, may run at
/// the same time.
/// </summary>
public sealed class NicEngine : IDisposable
{
    private readonly NicBlock _block;
    private readonly INicEvents _events;
    private readonly PendingEvents _pending = new();
    private readonly SendQueue _sendQueue;
    private readonly Requester _requester;
    private readonly UnreliableRequester _unreliable;
    private readonly Windows _windows;
    private readonly DatagramRequester _datagrams;
    private readonly Flush _flush;
    private int _slot;

    /// <summary>Makes an engine.</summary>
    /// <param name="block">The NIC's state.</param>
    /// <param name="mappings">Where shared memory lies in this process.</param>
    /// <param name="memory">How to touch client memory.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="unmapped">How to reach client memory that is not mapped; null: it cannot be.</param>
    /// <param name="persistence">Makes memory durable; null: nothing can.</param>
    /// <exception cref="InvalidOperationException">All <see cref="NicOptions.MaxEngines"/> slots are taken.</exception>
    public NicEngine(
        NicBlock block, MappingTable mappings, GuardedMemory memory, INicEvents events, IUnmappedMemory? unmapped = null,
        IPersistence? persistence = null)
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(mappings);
        ArgumentNullException.ThrowIfNull(events);
        _block = block;
        _events = events;
        _slot = block.ClaimEngine();
        if (_slot < 0)
        {
            throw new InvalidOperationException($"all {block.Header.Engines} engine slots of the NIC are taken");
        }

        CompletionWriter completions = new(block, mappings, _pending);
        RegionAccess regions = new(block, mappings);
        Transfer transfer = new(regions, memory, unmapped, _pending);
        _sendQueue = new SendQueue(block, mappings, completions);
        _windows = new Windows(block, _slot);
        Responder responder = new(block, new ReceiveSource(block, mappings, _pending), completions, _windows, _pending);
        RemoteFlush flush = new(block, regions, responder, persistence, _pending);
        _requester = new Requester(block, regions, transfer, memory, responder, new AtomicWrite(regions, transfer, responder), flush);
        _unreliable = new UnreliableRequester(block, transfer, _requester, responder);
        _datagrams = new DatagramRequester(block, transfer, _requester, responder);
        _flush = new Flush(_sendQueue, responder);
    }

    /// <summary>
    /// Works on a queue pair for a bounded time: sends in order, or flushes when it is in error. Allocates nothing, makes no system call
    /// and never throws because of what a client wrote. A queue pair that does not exist (any more) is idle.
    /// </summary>
    /// <param name="qpNumber">The queue pair.</param>
    /// <param name="now">Nanoseconds of a monotonic clock, the same for all engines.</param>
    public DrainResult Drain(uint qpNumber, long now)
    {
        ObjectDisposedException.ThrowIf(_slot < 0, this);
        // Odd. A full barrier: what is looked up from here on is either seen invalid, or WaitForEngines sees us.
        ref EngineSlot slot = ref _block.Engine(_slot);
        ref ulong sequence = ref slot.Sequence;
        Interlocked.Increment(ref sequence);
        // Acquire: in a grace period that has begun, entries are seen invalid that were marked so before it.
        Volatile.Write(ref slot.Entered, _block.ReadGrace());
        DrainResult result;
        try
        {
            result = DrainInside(qpNumber, now);
        }
        finally
        {
            // Even. Release: what was copied is visible before WaitForEngines returns.
            Volatile.Write(ref sequence, sequence + 1);
        }

        _pending.Deliver(_events);
        return result;
    }

    /// <summary>Gives the engine's slot back.</summary>
    public void Dispose()
    {
        if (_slot >= 0)
        {
            _block.ReleaseEngine(_slot);
        }

        _slot = -1;
    }

    private DrainResult DrainInside(uint qpNumber, long now)
    {
        ref QpContext qp = ref _block.QpByNumber(qpNumber);
        if (qpNumber == 0 || Volatile.Read(ref qp.Number) != qpNumber || !DrainLock.TryAcquire(ref qp.SendLock))
        {
            return DrainResult.Idle;
        }

        DrainResult result = Work(ref qp, qpNumber & _block.QpIndexMask, now);
        return DrainLock.Release(ref qp.SendLock) ? DrainResult.More : result;
    }

    private DrainResult Work(ref QpContext qp, uint index, long now)
    {
        if (_block.IsPaused(qp))
        {
            return Waiting.ForResumption(now);
        }

        ulong bytesLeft = (ulong)_block.Header.BytesPerDrain;
        for (int left = _block.Header.WorkRequestsPerDrain; left > 0 && bytesLeft > 0; left--)
        {
            switch (qp.ReadState())
            {
                case IBV_QPS_RTS:
                    break;
                case IBV_QPS_SQD when qp.Operation.IsActive != 0:
                    break;
                case IBV_QPS_SQD:
                    FinishDraining(ref qp);
                    return DrainResult.Idle;
                case IBV_QPS_ERR:
                    return _flush.Run(ref qp, left, now);
                case IBV_QPS_SQE:
                    return _flush.RunSendQueue(ref qp, ref left) ? DrainResult.Idle : DrainResult.More;
                default:
                    return DrainResult.Idle;
            }

            if (qp.Operation.IsActive == 0)
            {
                switch (_sendQueue.Fetch(ref qp, index))
                {
                    case FetchResult.Empty:
                        return DrainResult.Idle;
                    case FetchResult.Broken:
                        Break(ref qp);
                        continue;
                    default:
                        break;
                }
            }

            Step step = RunOperation(ref qp, index, now, ref bytesLeft);
            if (step.Kind == StepKind.Unfinished && qp.Operation.Ticket != 0)
            {
                step = Waiting.ForCopy(ref qp, now);
            }

            if (step.Kind == StepKind.Waits)
            {
                return new DrainResult(DrainStatus.Blocked, step.WakeAt);
            }

            if (step.Kind == StepKind.Ended)
            {
                End(ref qp, index, step.Status);
            }
            else if (bytesLeft > 0)
            {
                return DrainResult.More;
            }
        }

        return DrainResult.More;
    }

    private unsafe Step RunOperation(ref QpContext qp, uint index, long now, ref ulong bytesLeft)
    {
        ref readonly rxe_send_wr work = ref _block.SendArea(index)->wr;
        // The kernel's rxe_do_local_ops: what concerns nobody else, on queue pairs of every type.
        if (work.opcode is IBV_WR_LOCAL_INV or IBV_WR_BIND_MW)
        {
            return _windows.Run(ref qp, work, now);
        }

        return qp.Type switch
        {
            IBV_QPT_UC => _unreliable.Run(ref qp, index, ref bytesLeft),
            IBV_QPT_UD => _datagrams.Run(ref qp, index, ref bytesLeft),
            _ => _requester.Run(ref qp, index, now, ref bytesLeft),
        };
    }

    private void FinishDraining(ref QpContext qp)
    {
        if (qp.IsDraining == 0)
        {
            return;
        }

        Volatile.Write(ref qp.IsDraining, 0);
        if (qp.NotifyDrained != 0)
        {
            _pending.Async(IBV_EVENT_SQ_DRAINED, qp.Number, qp.Cookie);
        }
    }

    // A ring whose index was scribbled over: there is no telling what was posted.
    private void Break(ref QpContext qp)
    {
        if (qp.TryFail())
        {
            _pending.Async(IBV_EVENT_QP_FATAL, qp.Number, qp.Cookie);
        }
    }

    private unsafe void End(ref QpContext qp, uint index, uint status)
    {
        if (status != IBV_WC_SUCCESS)
        {
            qp.FailSending();
            _pending.Drain(qp);
        }

        qp.FlushBackoff = 0;
        rxe_send_wqe* work = _block.SendArea(index);
        uint byteLength = (uint)qp.Operation.Length;
        qp.Operation = default;
        _sendQueue.Complete(ref qp, work->wr, status, byteLength);
    }
}
