using System.IO.MemoryMappedFiles;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>An engine that has the block, the rings and the regions at other addresses does the same work.</summary>
public sealed unsafe class SharedBlockTests
{
    [Fact]
    public void An_engine_with_its_own_mappings_of_the_same_memory_carries_out_what_another_process_set_up()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var (local, remote) = (a.Register(4096).Fill(1), b.Register(4096));
        b.PostReceive(7, remote.Sge(2048, 2048));
        a.PostSend(Post.Write(1, remote, 0, local.Sge(0, 2048)));
        a.PostSend(Post.Send(2, local.Sge(2048, 2048)));

        // What two processes see of one memfd: move every byte to a new place, work there, move it back.
        long length = (long)rig.BlockMemory.Length;
        using MemoryMappedFile file = MemoryMappedFile.CreateNew(null, length);
        using var view = file.CreateViewAccessor();
        byte* elsewhere = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref elsewhere);
        Buffer.MemoryCopy(rig.BlockMemory.Start, elsewhere, length, length);
        rig.BlockMemory.Bytes.Clear();
        using MappingTable mappings = new(1024);
        var copies = rig.MoveAll(mappings);
        NicBlock block = NicBlock.Attach(elsewhere, (nuint)length);
        using (NicEngine engine = new(block, mappings, PlainMemory.Routines, rig.Events))
        {
            Assert.Equal(DrainStatus.Idle, engine.Drain(a.Qp.Number, 1).Status);
        }

        foreach (var (original, copy) in copies)
        {
            copy.Bytes.CopyTo(original.Bytes);
            copy.Dispose();
        }

        view.SafeMemoryMappedViewHandle.ReleasePointer();
        Assert.Equal([(1UL, IBV_WC_SUCCESS), (2UL, IBV_WC_SUCCESS)], a.SendCq.TakeAll().Select(c => (c.wr_id, c.status)));
        Assert.Equal(7UL, b.ReceiveCq.TakeOne().wr_id);
        Assert.True(local.Bytes.SequenceEqual(remote.Bytes));
    }
}
