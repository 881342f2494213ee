using DaxEmu.Abi;

namespace DaxEmu.Nic.Tests;

/// <summary>A shared receive queue from the program's side.</summary>
internal sealed unsafe class TestSrq(SharedReceiveQueue srq, ClientRing ring)
{
    public SharedReceiveQueue Srq => srq;

    public ClientRing Ring { get; set; } = ring;

    public bool TryPost(ulong id, params rxe_sge[] sges)
    {
        if (Ring.IsFull)
        {
            return false;
        }

        rxe_recv_wqe* work = (rxe_recv_wqe*)Ring.AtProducer;
        *work = default;
        work->wr_id = id;
        work->dma.num_sge = (uint)sges.Length;
        work->dma.length = (uint)sges.Sum(s => s.length);
        sges.CopyTo(new Span<rxe_sge>(work + 1, sges.Length));
        Ring.AdvanceProducer();
        return true;
    }

    public void Post(ulong id, params rxe_sge[] sges) => Assert.True(TryPost(id, sges), "the shared receive queue is full (ENOMEM)");
}
