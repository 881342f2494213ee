using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>What a second engine does while a first one stands in the middle of a copy.</summary>
[Collection(nameof(GatedMemory))]
public sealed class ContentionTests : IDisposable
{
    private readonly Rig _rig = new();
    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly NicEngine _gated;
    private DrainResult _result;

    public ContentionTests()
    {
        (_a, _b) = _rig.NewPair();
        _gated = new NicEngine(_rig.Block, _rig.Mappings, GatedMemory.Routines, _rig.Events);
    }

    public void Dispose()
    {
        _gated.Dispose();
        _rig.Dispose();
    }

    [Fact]
    public void An_engine_that_is_turned_away_leaves_a_note_for_the_one_at_work()
    {
        _a.PostSend(Post.Write(1, _b.Register(64), 0, _a.Register(64).Whole));
        DuringACopy(() => Assert.Equal(DrainStatus.Idle, _rig.Engine.Drain(_a.Qp.Number, 1).Status));
        Assert.Equal(DrainStatus.More, _result.Status);
    }

    [Fact]
    public void Receives_are_flushed_only_when_the_copy_into_one_of_them_is_over()
    {
        var memory = _b.Register(64);
        _b.PostReceive(1, memory.Whole);
        _b.PostReceive(2, memory.Whole);
        _a.PostSend(Post.Send(1, _a.Register(64).Whole));
        DuringACopy(() =>
        {
            Rig.Ok(_b.Modify(new QpAttributes { State = IBV_QPS_ERR }, IBV_QP_STATE));
            Assert.Equal(DrainStatus.More, _rig.Engine.Drain(_b.Qp.Number, 1).Status);
            Assert.True(_b.ReceiveCq.Ring.IsEmpty);
        });
        _rig.Run();
        Assert.Equal([(1UL, IBV_WC_SUCCESS), (2UL, IBV_WC_WR_FLUSH_ERR)], _b.ReceiveCq.TakeAll().Select(c => (c.wr_id, c.status)));
    }

    [Fact]
    public async Task A_reset_waits_for_the_copy_under_way_and_holds_up_nobody_else()
    {
        _a.PostSend(Post.Write(1, _b.Register(64), 0, _a.Register(64).Whole));
        Task<NicResult>? reset = null;
        DuringACopy(() =>
        {
            reset = Task.Factory.StartNew(
                () => _a.Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE), TaskCreationOptions.LongRunning);
            Assert.True(SpinWait.SpinUntil(() => _a.State == IBV_QPS_RESET, TimeSpan.FromSeconds(60)));

            // The device's lock is free: another client's command goes on.
            Task other = Task.Run(() => Rig.Ok(_rig.Device.AllocateDomain(3)), TestContext.Current.CancellationToken);
            Assert.True(SpinWait.SpinUntil(() => other.IsCompleted, TimeSpan.FromSeconds(60)), "another command waits for the reset");
            Assert.False(reset.IsCompleted);
        });
        Rig.Ok(await reset!);
        Assert.Equal(0U, _a.SendRing.Count);
    }

    [Fact]
    public void A_datagram_waits_for_its_turn_at_a_receiver_that_takes_another()
    {
        AddressVector path = new() { IsGlobal = true, PortNumber = 1, DestinationGid = Rig.LocalGid };
        var receiver = _rig.NewDatagramEndpoint(owner: 3);
        var inbox = receiver.Register(128);
        receiver.PostReceive(1, inbox.Sge(0, 64));
        receiver.PostReceive(2, inbox.Sge(64, 64));
        var senders = new[] { _rig.NewDatagramEndpoint(owner: 4), _rig.NewDatagramEndpoint(owner: 5) };
        foreach (var sender in senders)
        {
            sender.PostSend(new Post
            {
                IsDatagram = true,
                RemoteQp = receiver.Qp.Number,
                RemoteQkey = Rig.Qkey,
                Handle = Rig.Ok(_rig.Device.CreateAddressHandle(sender.Domain, path)).Number,
                Sges = [sender.Register(8).Whole],
            });
        }

        DuringACopy(
            senders[0],
            () =>
            {
                Assert.Equal(DrainStatus.More, _rig.Engine.Drain(senders[1].Qp.Number, 1).Status);
                Assert.True(senders[1].SendCq.Ring.IsEmpty);
            });
        _rig.Run();
        Assert.Equal(
            [(1UL, senders[0].Qp.Number), (2UL, senders[1].Qp.Number)], receiver.ReceiveCq.TakeAll().Select(c => (c.wr_id, c.src_qp)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public unsafe void A_work_queue_has_room_before_the_completion_that_tells_of_it_is_there(bool watchTheSender)
    {
        var (cq, ring) = watchTheSender ? (_a.SendCq, _a.SendRing) : (_b.ReceiveCq, _b.ReceiveRing);
        _b.PostReceive(1, _b.Register(64).Whole);
        _a.PostSend(Post.Send(1, _a.Register(64).Whole));
        // Whoever holds the completion queue keeps the engine from adding to it: the room must be there already.
        ref int cqLock = ref _rig.Block.Cq(cq.Cq.Number).Lock;
        SpinWord.Acquire(ref cqLock);
        Thread drain = new(() => _rig.Engine.Drain(_a.Qp.Number, 1));
        drain.Start();
        bool hasRoom = SpinWait.SpinUntil(() => Volatile.Read(ref ring.Header->consumer_index) == 1, TimeSpan.FromSeconds(20));
        Assert.True(cq.Ring.IsEmpty);
        SpinWord.Release(ref cqLock);
        drain.Join();
        Assert.True(hasRoom);
        Assert.False(cq.Ring.IsEmpty);
    }

    private void DuringACopy(Action action) => DuringACopy(_a, action);

    private void DuringACopy(Endpoint sender, Action action)
    {
        GatedMemory.Close();
        Thread drain = new(() => _result = _gated.Drain(sender.Qp.Number, 1));
        drain.Start();
        GatedMemory.WaitUntilACopyIsUnderWay();
        try
        {
            action();
        }
        finally
        {
            GatedMemory.Open();
            drain.Join();
        }
    }
}
