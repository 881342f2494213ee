using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_wr_opcode;
using static DaxEmu.Abi.ibv_send_flags;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>A queue pair with its completion queues, from the program's side.</summary>
internal sealed unsafe class Endpoint(
    Rig rig, ProtectionDomain domain, QueuePair qp, ClientRing send, ClientRing receive, TestCq sendCq, TestCq receiveCq)
{
    public ProtectionDomain Domain => domain;

    public QueuePair Qp => qp;

    public ClientRing SendRing => send;

    public ClientRing ReceiveRing => receive;

    public TestCq SendCq => sendCq;

    public TestCq ReceiveCq => receiveCq;

    public uint State => qp.State;

    public TestRegion Register(ulong bytes, uint access = Rig.AllAccess) => rig.Register(domain, bytes, access);

    public void PostSend(Post post)
    {
        Assert.False(send.IsFull, "the send queue is full (ENOMEM)");
        rxe_send_wqe* work = (rxe_send_wqe*)send.AtProducer;
        *work = default;
        work->wr.wr_id = post.Id;
        work->wr.opcode = post.Opcode;
        work->wr.send_flags = post.Flags;
        work->wr.ex_imm_data = post.Immediate;
        if (post.IsDatagram)
        {
            work->wr.wr_ud_remote_qpn = post.RemoteQp;
            work->wr.wr_ud_remote_qkey = post.RemoteQkey;
            work->wr.wr_ud_ah_num = post.Handle;
            work->wr.wr_ud_av = post.Address;
        }
        else if (post.Opcode is IBV_WR_ATOMIC_CMP_AND_SWP or IBV_WR_ATOMIC_FETCH_AND_ADD)
        {
            work->wr.wr_atomic_remote_addr = post.RemoteAddress;
            work->wr.wr_atomic_rkey = post.RemoteKey;
            work->wr.wr_atomic_compare_add = post.CompareAdd;
            work->wr.wr_atomic_swap = post.Swap;
        }
        else if (post.Opcode == IB_UVERBS_WR_FLUSH)
        {
            work->wr.wr_flush_remote_addr = post.RemoteAddress;
            work->wr.wr_flush_rkey = post.RemoteKey;
            work->wr.wr_flush_type = post.FlushType;
            work->wr.wr_flush_level = post.FlushLevel;
        }
        else if (post.Opcode == IBV_WR_BIND_MW)
        {
            work->wr.wr_mw_addr = post.RemoteAddress;
            work->wr.wr_mw_length = post.WindowLength;
            work->wr.wr_mw_mr_lkey = post.RegionKey;
            work->wr.wr_mw_mw_rkey = post.RemoteKey;
            work->wr.wr_mw_rkey = post.NewKey;
            work->wr.wr_mw_access = post.Access;
        }
        else
        {
            work->wr.wr_rdma_remote_addr = post.RemoteAddress;
            work->wr.wr_rdma_rkey = post.RemoteKey;
        }

        work->dma.num_sge = (uint)post.Sges.Length;
        work->dma.length = (uint)post.Sges.Sum(s => s.length);
        post.Sges.CopyTo(new Span<rxe_sge>(work + 1, post.Sges.Length));
        if (post.Opcode == IB_UVERBS_WR_FLUSH)
        {
            work->dma.length = post.FlushLength;
        }

        if (post.Inline is not null)
        {
            work->dma.length = (uint)post.Inline.Length;
            post.Inline.CopyTo(new Span<byte>(work + 1, post.Inline.Length));
        }

        send.AdvanceProducer();
    }

    public void PostReceive(ulong id, params rxe_sge[] sges)
    {
        Assert.False(receive.IsFull, "the receive queue is full (ENOMEM)");
        rxe_recv_wqe* work = (rxe_recv_wqe*)receive.AtProducer;
        *work = default;
        work->wr_id = id;
        work->dma.num_sge = (uint)sges.Length;
        work->dma.length = (uint)sges.Sum(s => s.length);
        sges.CopyTo(new Span<rxe_sge>(work + 1, sges.Length));
        receive.AdvanceProducer();
    }

    /// <summary>Posts, runs, and returns the one completion that gives.</summary>
    public ib_uverbs_wc Do(Post post)
    {
        PostSend(post with { Flags = post.Flags | IBV_SEND_SIGNALED });
        rig.Run();
        return sendCq.TakeOne();
    }

    public NicResult Modify(in QpAttributes wish, uint mask) => rig.Device.ModifyQueuePair(qp, wish, mask);
}
