using System.Runtime.InteropServices;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Nic;

/// <summary>A queue pair as the engines know it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 512)]
internal struct QpContext
{
    /// <summary>qp_num; 0 when the entry is free. Written last at creation, first at destruction.</summary>
    public uint Number;

    /// <summary>IBV_QPS_*. Modify moves it under the control lock, engines only to an error state; both by compare-and-swap.</summary>
    public uint State;

    /// <summary>Counts resets: what began before one must not go on after it.</summary>
    public uint Epoch;

    /// <summary>IBV_QPT_*.</summary>
    public uint Type;

    /// <summary>The device that it was made on: what is sent to an address of another does not reach it.</summary>
    public uint Device;

    /// <summary>qkey: what a datagram must carry to be received.</summary>
    public uint Qkey;

    public uint Domain;
    public uint SendCq;
    public uint ReceiveCq;
    public uint SignalAll;
    public uint MaxSendSge;
    public uint MaxReceiveSge;
    public uint MaxInlineData;
    public uint AccessFlags;
    public uint DestinationNumber;
    public uint Timeout;
    public uint RetryCount;
    public uint RnrRetry;
    public uint MinRnrTimer;
    public uint MaxReadAtomic;
    public uint MaxDestinationReadAtomic;

    /// <summary>1 from RTS to SQD until the current work request is done.</summary>
    public uint IsDraining;

    /// <summary>1: raise IBV_EVENT_SQ_DRAINED then.</summary>
    public uint NotifyDrained;

    /// <summary>Windows of type 2 that are bound on it.</summary>
    public int BoundWindows;

    /// <summary>Protection domain that receives name regions of: the shared receive queue's, if there is one.</summary>
    public uint ReceiveDomain;

    /// <summary>Number of the shared receive queue plus 1; 0: receives come from <see cref="Receive"/>.</summary>
    public uint SharedReceives;

    /// <summary>1 while a receive taken from the shared receive queue is not completed; the receive lock guards it.</summary>
    public uint HasTakenReceive;

    /// <summary>1 once IBV_EVENT_QP_LAST_WQE_REACHED was raised for this error state.</summary>
    public uint SaidLastReceive;

    /// <summary>1 once IBV_EVENT_COMM_EST was raised for this connection.</summary>
    public uint IsEstablished;

    public ulong Cookie;

    /// <summary>How long until the next look for late receives in the error state, in nanoseconds.</summary>
    public long FlushBackoff;

    /// <summary>Held by the one engine that drains the send queue: see <see cref="DrainLock"/>.</summary>
    public int SendLock;

    /// <summary>Held by the one engine that takes receives: the peer's, or our own when it flushes.</summary>
    public int ReceiveLock;

    public RingContext Send;
    public RingContext Receive;
    public Operation Operation;

    public readonly bool UsesSharedReceives => SharedReceives != 0;

    public uint ReadState() => Volatile.Read(ref State);

    /// <summary>
    /// A send failed. A reliable queue pair goes to the error state; an unreliable one only stops sending and goes on receiving (IBTA
    /// 10.3.1.6, send queue error).
    /// </summary>
    public void FailSending()
    {
        if (Type == IBV_QPT_RC)
        {
            _ = TryFail();
            return;
        }

        uint state = Volatile.Read(ref State);
        while (state is IBV_QPS_RTS or IBV_QPS_SQD)
        {
            uint found = Interlocked.CompareExchange(ref State, IBV_QPS_SQE, state);
            if (found == state)
            {
                return;
            }

            state = found;
        }
    }

    /// <summary>Moves to the error state; false when it is there already or was reset.</summary>
    public bool TryFail()
    {
        while (true)
        {
            uint state = Volatile.Read(ref State);
            if (state is IBV_QPS_ERR or IBV_QPS_RESET)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref State, IBV_QPS_ERR, state) == state)
            {
                return true;
            }
        }
    }
}
