using CsCheck;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>Multicast: every queue pair of a group gets a copy of what is sent to its address.</summary>
public sealed class MulticastTests : IDisposable
{
    private const uint MulticastQp = 0xff_ffff;
    private const uint HeaderBytes = 40;

    private static readonly Gid Group = new(new UInt128(0xff0e_0000_0000_0000, 0xffff_e001_0203));
    private static readonly Gid MappedGroup = Gid.FromIPv4(0xe001_0203);

    private readonly Rig _rig = new(Rig.SmallOptions with { MaxMulticastGroups = 4, MaxQueuePairs = 128, MaxCompletionQueues = 256, MaxProtectionDomains = 128 });

    public void Dispose() => _rig.Dispose();

    private static AddressVector PathTo(Gid gid) => new() { IsGlobal = true, PortNumber = 1, DestinationGid = gid };

    private Post To(Endpoint sender, Gid group, uint length = 8) => new()
    {
        IsDatagram = true,
        RemoteQp = MulticastQp,
        RemoteQkey = Rig.Qkey,
        Handle = Rig.Ok(_rig.Device.CreateAddressHandle(sender.Domain, PathTo(group))).Number,
        Sges = [sender.Register(length).Fill(1).Whole],
    };

    private Endpoint[] NewMembers(int count, Gid group, uint qkey = Rig.Qkey)
    {
        var members = Enumerable.Range(0, count).Select(_ => _rig.NewDatagramEndpoint(owner: 5, qkey: qkey)).ToArray();
        foreach (var member in members)
        {
            Rig.Ok(_rig.Device.AttachMulticast(member.Qp, group));
            member.PostReceive(7, member.Register(5000).Whole);
        }

        return members;
    }

    [Fact]
    public void Every_member_gets_a_copy_and_nobody_else()
    {
        var sender = _rig.NewDatagramEndpoint();
        var members = NewMembers(5, Group);
        var others = NewMembers(2, new Gid(Group.Value + 1));
        Assert.Equal(IBV_WC_SUCCESS, sender.Do(To(sender, Group)).status);

        Assert.All(members, m => Assert.Equal((IBV_WC_SUCCESS, HeaderBytes + 8), m.ReceiveCq.TakeOne() is var c ? (c.status, c.byte_len) : default));
        Assert.All(others, o => Assert.Empty(o.ReceiveCq.TakeAll()));
    }

    [Fact]
    public void The_header_names_the_group()
    {
        var sender = _rig.NewDatagramEndpoint();
        var member = _rig.NewDatagramEndpoint();
        var inbox = member.Register(64);
        foreach (var group in new[] { Group, MappedGroup })
        {
            Rig.Ok(_rig.Device.AttachMulticast(member.Qp, group));
            member.PostReceive(7, inbox.Whole);
            Assert.Equal(IBV_WC_SUCCESS, sender.Do(To(sender, group)).status);
            Assert.Equal((byte)(group == Group ? 9 : 10), member.ReceiveCq.TakeOne().sl);
            if (group == Group)
            {
                Assert.Equal(Group, Gid.FromBytes(inbox.Bytes[24..40]));
            }
            else
            {
                Assert.Equal([0xe0, 1, 2, 3], inbox.Bytes[36..40].ToArray());
            }
        }
    }

    [Fact]
    public void A_sender_that_is_a_member_gets_its_own()
    {
        var self = NewMembers(1, Group)[0];
        Assert.Equal(IBV_WC_SUCCESS, self.Do(To(self, Group)).status);
        Assert.Equal(self.Qp.Number, self.ReceiveCq.TakeOne().src_qp);
    }

    [Fact]
    public void Each_copy_is_for_itself()
    {
        var sender = _rig.NewDatagramEndpoint();
        var members = NewMembers(3, Group);
        var strangers = NewMembers(1, Group, qkey: 77);
        var withoutReceive = _rig.NewDatagramEndpoint();
        Rig.Ok(_rig.Device.AttachMulticast(withoutReceive.Qp, Group));
        Rig.Ok(members[1].Modify(new QpAttributes { State = Abi.ibv_qp_state.IBV_QPS_ERR }, IBV_QP_STATE));
        _rig.Run();
        members[1].ReceiveCq.TakeAll();
        Assert.Equal(IBV_WC_SUCCESS, sender.Do(To(sender, Group)).status);

        Assert.Single(members[0].ReceiveCq.TakeAll());
        Assert.Empty(members[1].ReceiveCq.TakeAll());
        Assert.Single(members[2].ReceiveCq.TakeAll());
        Assert.Empty(strangers[0].ReceiveCq.TakeAll());
        Assert.Empty(withoutReceive.ReceiveCq.TakeAll());
    }

    [Fact]
    public void A_multicast_address_needs_the_multicast_queue_pair_number_and_the_other_way_round()
    {
        var sender = _rig.NewDatagramEndpoint();
        var member = NewMembers(1, Group)[0];
        Assert.Equal(IBV_WC_SUCCESS, sender.Do(To(sender, Group) with { RemoteQp = member.Qp.Number }).status);
        Assert.Equal(IBV_WC_SUCCESS, sender.Do(To(sender, Rig.LocalGid)).status);
        Assert.Empty(member.ReceiveCq.TakeAll());
    }

    [Fact]
    public void Attaching_twice_is_as_once_and_detaching_ends_it()
    {
        var sender = _rig.NewDatagramEndpoint();
        var member = NewMembers(1, Group)[0];
        Rig.Ok(_rig.Device.AttachMulticast(member.Qp, Group));
        member.PostReceive(8, member.Register(64).Whole);
        sender.Do(To(sender, Group));
        Assert.Single(member.ReceiveCq.TakeAll());

        Rig.Ok(_rig.Device.DetachMulticast(member.Qp, Group));
        Assert.False(_rig.Device.IsAttached(member.Qp));
        Assert.Equal(EINVAL, _rig.Device.DetachMulticast(member.Qp, Group).Errno);
        sender.Do(To(sender, Group));
        Assert.Empty(member.ReceiveCq.TakeAll());
        Assert.Equal(0, _rig.Device.MulticastGroupCount);
    }

    [Fact]
    public void Only_datagram_queue_pairs_and_multicast_addresses_go_together()
    {
        var (reliable, _) = _rig.NewPair();
        Assert.Equal(EINVAL, _rig.Device.AttachMulticast(reliable.Qp, Group).Errno);
        var datagram = _rig.NewDatagramEndpoint();
        Assert.Equal(EINVAL, _rig.Device.AttachMulticast(datagram.Qp, Rig.LocalGid).Errno);
        Rig.Ok(_rig.Device.DestroyQueuePair(datagram.Qp));
        Assert.Equal(EINVAL, _rig.Device.AttachMulticast(datagram.Qp, Group).Errno);
        Assert.Equal(EINVAL, _rig.Device.DetachMulticast(datagram.Qp, Group).Errno);
    }

    [Fact]
    public void The_limits_hold()
    {
        var member = _rig.NewDatagramEndpoint();
        for (uint i = 0U; i < 4; i++)
        {
            Rig.Ok(_rig.Device.AttachMulticast(member.Qp, new Gid(Group.Value + i)));
        }

        Assert.Equal(ENOMEM, _rig.Device.AttachMulticast(member.Qp, new Gid(Group.Value + 4)).Errno);
        NewMembers(NicOptions.MulticastMembers - 1, Group);
        Assert.Equal(ENOMEM, _rig.Device.AttachMulticast(_rig.NewDatagramEndpoint().Qp, Group).Errno);
    }

    [Fact]
    public void A_full_group_is_served_over_several_turns()
    {
        using Rig rig = new(Rig.SmallOptions with { BytesPerDrain = 8192, MaxQueuePairs = 128, MaxCompletionQueues = 256, MaxProtectionDomains = 128 });
        var sender = rig.NewDatagramEndpoint();
        var members = Enumerable.Range(0, NicOptions.MulticastMembers).Select(_ => rig.NewDatagramEndpoint(owner: 5)).ToArray();
        foreach (var member in members)
        {
            Rig.Ok(rig.Device.AttachMulticast(member.Qp, Group));
            member.PostReceive(7, member.Register(4136).Whole);
        }

        var handle = Rig.Ok(rig.Device.CreateAddressHandle(sender.Domain, PathTo(Group)));
        sender.PostSend(new Post
        {
            IsDatagram = true,
            RemoteQp = MulticastQp,
            RemoteQkey = Rig.Qkey,
            Handle = handle.Number,
            Sges = [sender.Register(4096).Fill(3).Whole],
        });
        Assert.Equal(DrainStatus.More, rig.Engine.Drain(sender.Qp.Number, 1).Status);
        Assert.False(sender.SendCq.TryPoll(out _));
        rig.Run();
        Assert.Equal(IBV_WC_SUCCESS, sender.SendCq.TakeOne().status);
        Assert.All(members, m => Assert.Single(m.ReceiveCq.TakeAll()));
    }

    [Fact]
    public void Members_that_are_destroyed_or_whose_owner_dies_leave_their_groups()
    {
        var members = NewMembers(4, Group);
        Rig.Ok(_rig.Device.DestroyQueuePair(members[0].Qp));
        Assert.Equal(1, _rig.Device.MulticastGroupCount);
        _rig.Device.ReleaseOwner(5);
        Assert.Equal(0, _rig.Device.MulticastGroupCount);
    }

    // Against a dictionary of sets.
    [Fact]
    public void Any_comings_and_goings_deliver_to_exactly_the_members() => Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 2]).Array[1, 40].Sample(
        steps =>
        {
            using Rig rig = new(Rig.SmallOptions with { MaxMulticastGroups = 3 });
            var sender = rig.NewDatagramEndpoint();
            var endpoints = Enumerable.Range(0, 4).Select(_ => rig.NewDatagramEndpoint(owner: 5)).ToArray();
            var inboxes = endpoints.Select(e => e.Register(64)).ToArray();
            var groups = Enumerable.Range(0, 3).Select(i => new Gid(Group.Value + (UInt128)i)).ToArray();
            var handles = groups.Select(g => Rig.Ok(rig.Device.CreateAddressHandle(sender.Domain, PathTo(g)))).ToArray();
            HashSet<int>[] model = [[], [], []];
            foreach (var (what, who, where) in steps)
            {
                if (what == 0)
                {
                    Rig.Ok(rig.Device.AttachMulticast(endpoints[who].Qp, groups[where]));
                    model[where].Add(who);
                }
                else if (what == 1)
                {
                    Assert.Equal(model[where].Remove(who), rig.Device.DetachMulticast(endpoints[who].Qp, groups[where]).IsOk);
                }

                for (int i = 0; i < endpoints.Length; i++)
                {
                    if (endpoints[i].ReceiveRing.IsEmpty)
                    {
                        endpoints[i].PostReceive((ulong)i, inboxes[i].Whole);
                    }
                }

                Assert.Equal(IBV_WC_SUCCESS, sender.Do(new Post
                {
                    IsDatagram = true,
                    RemoteQp = MulticastQp,
                    RemoteQkey = Rig.Qkey,
                    Handle = handles[where].Number,
                }).status);
                Assert.Equal(model[where].Order(), Enumerable.Range(0, 4).Where(i => endpoints[i].ReceiveCq.TakeAll().Count == 1));
                Assert.Equal(model.Count(m => m.Count > 0), rig.Device.MulticastGroupCount);
            }
        },
        iter: 100,
        threads: 1);
}
