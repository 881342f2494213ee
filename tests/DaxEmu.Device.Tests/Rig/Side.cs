using DaxEmu.Abi;
using DaxEmu.Linux.Sockets;

namespace DaxEmu.Device.Tests;

/// <summary>One program of a pair: an open device file with a region over a file, a completion queue and a queue pair.</summary>
internal sealed class Side : IDisposable
{
    public const ulong CqUserHandle = 0xc0;
    public const ulong QpUserHandle = 0xd0;

    public Side(TestDevice device, TestFile file, ulong address, bool withChannel = false, uint access = TestVerbs.AllAccess)
    {
        Client = device.Open();
        Pd = Client.AllocatePd();
        int channel = -1;
        if (withChannel)
        {
            (channel, Channel) = Client.CreateChannel();
        }

        Cq = Client.CreateCq(64, channel, CqUserHandle);
        Qp = Client.CreateQp(TestVerbs.NewQp(Pd, Cq.Handle, QpUserHandle));
        ulong length = (ulong)RandomAccess.GetLength(file.Handle);
        TestReply region = Client.TryRegister(Pd, file.Handle, address, length, access: access);
        Xunit.Assert.True(region.Result > 0, region.Text);
        Region = region.Read<ib_uverbs_reg_mr_resp>();
        All = new rxe_sge { addr = address, length = (uint)length, lkey = Region.lkey };
    }

    public TestClient Client { get; }

    public uint Pd { get; }

    public SeqPacketConnection? Channel { get; }

    public TestCompletionQueue Cq { get; }

    public TestQueuePair Qp { get; }

    public ib_uverbs_reg_mr_resp Region { get; }

    public rxe_sge All { get; }

    public void Dispose()
    {
        Client.Dispose();
        Channel?.Dispose();
        Cq.Dispose();
        Qp.Dispose();
    }
}
