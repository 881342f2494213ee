using DaxEmu.Abi;
using DaxEmu.Linux.Memory;
using static DaxEmu.Abi.ibv_send_flags;

namespace DaxEmu.Device.Tests;

/// <summary>The program's side of a queue pair's rings and doorbell.</summary>
internal sealed unsafe class TestQueuePair(TestClient client, uint handle, uint number, MemoryMapping send, MemoryMapping? receive) : IDisposable
{
    private const int Data = 384;

    public TestClient Client => client;

    public uint Handle => handle;

    public uint Number => number;

    public MemoryMapping SendRing => send;

    public byte ShownState => client.Doorbell!.Slice(8192 + handle, 1)[0];

    /// <summary>Posts a signalled request and rings.</summary>
    public void Post(uint opcode, ulong wrId, rxe_sge local, ulong remoteAddress = 0, uint rkey = 0)
    {
        Enqueue(opcode, wrId, local, remoteAddress, rkey);
        Ring();
    }

    /// <summary>The same, with the part that is the operation's own.</summary>
    public void PostWith(uint opcode, ulong wrId, rxe_sge local, rxe_send_wr own)
    {
        Enqueue(opcode, wrId, local, own);
        Ring();
    }

    public void Enqueue(uint opcode, ulong wrId, rxe_sge local, ulong remoteAddress, uint rkey) =>
        Enqueue(opcode, wrId, local, new rxe_send_wr { wr_rdma_remote_addr = remoteAddress, wr_rdma_rkey = rkey });

    private void Enqueue(uint opcode, ulong wrId, rxe_sge local, rxe_send_wr own)
    {
        rxe_send_wqe work = new()
        {
            wr = own with { wr_id = wrId, opcode = opcode, send_flags = IBV_SEND_SIGNALED },
            dma = new rxe_dma_info { length = local.length, resid = local.length, num_sge = 1 },
        };
        long element = Claim(send, out uint next);
        send.At<rxe_send_wqe>(element) = work;
        send.At<rxe_sge>(element + sizeof(rxe_send_wqe)) = local;
        Volatile.Write(ref send.At<rxe_queue_buf>(0).producer_index, next);
    }

    /// <summary>Posts a FLUSH and rings.</summary>
    public void PostFlush(ulong wrId, ulong remoteAddress, uint rkey, uint length, uint type)
    {
        rxe_send_wqe work = new()
        {
            wr = new rxe_send_wr
            {
                wr_id = wrId,
                opcode = ib_uverbs_wr_opcode.IB_UVERBS_WR_FLUSH,
                send_flags = IBV_SEND_SIGNALED,
                wr_flush_remote_addr = remoteAddress,
                wr_flush_rkey = rkey,
                wr_flush_type = (byte)type,
                wr_flush_level = (byte)ib_selectivity_level.IB_FLUSH_RANGE,
            },
            dma = new rxe_dma_info { length = length, resid = length },
        };
        long element = Claim(send, out uint next);
        send.At<rxe_send_wqe>(element) = work;
        Volatile.Write(ref send.At<rxe_queue_buf>(0).producer_index, next);
        Ring();
    }

    public void PostReceive(ulong wrId, rxe_sge local) => PostReceive(receive!, wrId, local);

    /// <summary>Posts to a receive ring, a queue pair's or a shared one.</summary>
    public static void PostReceive(MemoryMapping receive, ulong wrId, rxe_sge local)
    {
        long element = Claim(receive, out uint next);
        receive.At<rxe_recv_wqe>(element) = new rxe_recv_wqe
        {
            wr_id = wrId,
            dma = new rxe_dma_info { length = local.length, resid = local.length, num_sge = 1 },
        };
        receive.At<rxe_sge>(element + sizeof(rxe_recv_wqe)) = local;
        Volatile.Write(ref receive.At<rxe_queue_buf>(0).producer_index, next);
    }

    /// <summary>As daxemu/device.h says.</summary>
    public void Ring()
    {
        ref daxemu_doorbell doorbell = ref client.Doorbell!.At<daxemu_doorbell>(0);
        Interlocked.Or(ref doorbell.bits[(int)handle / 64], 1UL << (int)(handle % 64));
        Interlocked.Or(ref doorbell.summary[(int)handle / 64 / 64], 1UL << (int)(handle / 64 % 64));
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref doorbell.worker_asleep) != 0)
        {
            client.Wake!.Signal();
        }
    }

    public void Dispose()
    {
        send.Dispose();
        receive?.Dispose();
    }

    private static long Claim(MemoryMapping ring, out uint next)
    {
        ref rxe_queue_buf header = ref ring.At<rxe_queue_buf>(0);
        uint producer = header.producer_index;
        next = (producer + 1) & header.index_mask;
        return next != Volatile.Read(ref header.consumer_index)
            ? Data + ((long)producer << (int)header.log2_elem_size)
            : throw new InvalidOperationException("the ring is full");
    }
}
