using System.Net;
using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.rdma_user_cm;
using static DaxEmu.Device.Tests.CmProgram;

namespace DaxEmu.Device.Tests;

/// <summary>Events: whose they are, how many were taken, where they go when an id moves or is destroyed. And datagrams, and limits.</summary>
public sealed class CmEventTests
{
    private readonly CmRig _rig = new();
    private readonly CmProgram _server;
    private readonly CmProgram _client;

    public CmEventTests() => (_server, _client) = (_rig.NewProgram(), _rig.NewProgram());

    private ConnectionManager Manager => _rig.Manager;

    [Fact]
    public void Destroying_an_id_tells_how_many_of_its_events_were_taken_and_drops_the_others()
    {
        uint kept = _client.Create(), id = _client.Create();
        Succeed(Manager.ResolveAddress(_client.Queue, id, default, CmRig.Local));
        Succeed(Manager.ResolveAddress(_client.Queue, kept, default, CmRig.Local));
        Succeed(Manager.ResolveRoute(_client.Queue, id));
        Assert.Equal(3, _client.Tokens);
        _client.Take(CmEventType.AddressResolved);

        Assert.Equal(1u, _client.Destroy(id));

        Assert.Equal(1, _client.Tokens);
        Assert.Equal(kept, _client.Take(CmEventType.AddressResolved).id);
        _client.ExpectNothing();
        Assert.Equal(ENOENT, Manager.DestroyId(_client.Queue, id).Errno);
    }

    [Fact]
    public void A_connection_request_counts_as_its_listeners_event()
    {
        uint listener = _server.Listen(CmRig.Local);
        _client.Connect(CmRig.Local);
        uint passive = _server.Accept();

        Assert.Equal(0u, _server.Destroy(passive));
        Assert.Equal(1u, _server.Destroy(listener));
    }

    [Fact]
    public void An_incoming_connection_is_found_once_its_event_was_taken()
    {
        uint listener = _server.Listen(CmRig.Local);
        uint active = _client.Connect(CmRig.Local);
        uint incoming = Math.Max(listener, active) + 1;

        Assert.Equal(ENOENT, Manager.DestroyId(_server.Queue, incoming).Errno);

        Assert.Equal(incoming, _server.Take(CmEventType.ConnectRequest).id);
        _server.Destroy(incoming);
        _server.Destroy(listener);
        Assert.Equal(1, Manager.IdCount);
    }

    [Fact]
    public void Numbers_are_given_once_when_a_program_dies_that_has_not_taken_a_request()
    {
        uint low = _server.Create(), active = _client.Resolve(CmRig.Local);
        _server.Listen(CmRig.Local);
        _server.Destroy(low);
        Succeed(Manager.Connect(_client.Queue, active, Parameters(), default));

        _server.Die();

        Assert.Equal(1, Manager.IdCount);
        Assert.Equal(4, new[] { active, _client.Create(), _client.Create(), _client.Create() }.Distinct().Count());
    }

    [Fact]
    public void A_moved_id_takes_its_events_along_in_their_order()
    {
        CmProgram other = _rig.NewProgram();
        uint id = _client.Create(), left = _client.Create();
        Succeed(Manager.ResolveAddress(_client.Queue, id, default, CmRig.Local));
        Succeed(Manager.ResolveAddress(_client.Queue, left, default, CmRig.Local));
        Succeed(Manager.ResolveRoute(_client.Queue, id));
        _client.Take(CmEventType.AddressResolved);

        Assert.Equal(EINVAL, Manager.Migrate(other.Queue, id, other.Queue).Errno);
        Assert.Equal(ENOENT, Manager.Migrate(other.Queue, 999, _client.Queue).Errno);
        Assert.Equal(1u, Succeed(Manager.Migrate(other.Queue, id, _client.Queue)));

        Assert.Equal((1, 1), (_client.Tokens, other.Tokens));
        Assert.Equal(left, _client.Take(CmEventType.AddressResolved).id);
        Assert.Equal(id, other.Take(CmEventType.RouteResolved).id);
        Assert.Equal(EINVAL, Manager.DestroyId(_client.Queue, id).Errno);
        Assert.Equal(2u, other.Destroy(id));
        _client.Die();
        other.Die();
        Assert.Equal(0, Manager.IdCount);
    }

    [Fact]
    public void Events_that_wait_keep_their_order_when_their_id_moves()
    {
        CmProgram other = _rig.NewProgram();
        uint id = _client.Create();
        Succeed(Manager.ResolveAddress(_client.Queue, id, default, CmRig.Local));
        Succeed(Manager.ResolveRoute(_client.Queue, id));

        Assert.Equal(0u, Succeed(Manager.Migrate(other.Queue, id, _client.Queue)));

        Assert.Equal(id, other.Take(CmEventType.AddressResolved).id);
        Assert.Equal(id, other.Take(CmEventType.RouteResolved).id);
        _client.ExpectNothing();
        other.ExpectNothing();
    }

    [Fact]
    public void A_moved_listener_takes_the_requests_that_wait_along()
    {
        CmProgram other = _rig.NewProgram();
        uint listener = _server.Listen(CmRig.Local);
        _client.Connect(CmRig.Local);

        Succeed(Manager.Migrate(other.Queue, listener, _server.Queue));
        _server.Die();

        other.Accept();
        _client.Take(CmEventType.ConnectResponse);
    }

    [Fact]
    public void An_id_of_another_program_cannot_be_touched()
    {
        uint id = _client.Create();

        Assert.Equal(EINVAL, Manager.DestroyId(_server.Queue, id).Errno);
        Assert.Equal(EINVAL, Manager.Bind(_server.Queue, id, CmRig.Local).Errno);
        Assert.Equal(EINVAL, Manager.Migrate(_server.Queue, id, _server.Queue).Errno);
        Assert.Equal(ENOENT, Manager.Bind(_server.Queue, 77, CmRig.Local).Errno);
    }

    [Fact]
    public void A_user_has_a_limited_number_of_ids_and_gets_them_back()
    {
        CmProgram small = _rig.NewProgram(maxObjects: 2);
        uint id = small.Create();
        small.Create();
        Assert.Equal(ENOMEM, Manager.CreateId(small.Queue, 1, RDMA_PS_TCP, 2).Errno);
        small.Destroy(id);
        small.Listen(CmRig.Local);

        // An incoming connection is an id of the listener's user: without room for one, the request waits, and is given up.
        _client.Connect(CmRig.Local);
        Assert.Equal(0, small.Tokens);
        _rig.Time.Pass(CmWire.Patience);
        _client.Take(CmEventType.Unreachable, -ETIMEDOUT);
        small.Die();
        Assert.Empty(small.Queue.Ids);
        Succeed(small.Queue.Quota.TakeUnmappedObject());
        Succeed(small.Queue.Quota.TakeUnmappedObject());
    }

    [Fact]
    public void An_id_moves_to_another_user_only_within_that_users_limit()
    {
        CmProgram small = _rig.NewProgram(user: 5, maxObjects: 1);
        uint id = _client.Create(), second = _client.Create();

        Succeed(Manager.Migrate(small.Queue, id, _client.Queue));
        Assert.Equal(ENOMEM, Manager.Migrate(small.Queue, second, _client.Queue).Errno);

        small.Destroy(id);
        Succeed(Manager.Migrate(small.Queue, second, _client.Queue));
    }

    [Fact]
    public void Many_events_show_a_bounded_number_of_tokens_and_none_is_lost()
    {
        for (int i = 0; i < 200; i++)
        {
            Succeed(Manager.ResolveAddress(_client.Queue, _client.Create(), default, CmRig.Local));
        }

        Assert.Equal(64, _client.Tokens);
        for (int i = 0; i < 200; i++)
        {
            _client.Take(CmEventType.AddressResolved);
        }

        _client.ExpectNothing();
    }

    [Fact]
    public void A_datagram_service_is_resolved_to_a_queue_pair_and_its_key()
    {
        _server.Listen(CmRig.Local, portSpace: RDMA_PS_UDP);
        uint active = _client.Connect(CmRig.Local, Parameters(0x11, 1, 2), RDMA_PS_UDP);
        rdma_ucm_event_resp request = _server.Take(CmEventType.ConnectRequest);
        Assert.Equal(((byte)180, (byte)2, 0u), (request.param_ud.private_data_len, request.param_ud.private_data[1], request.param_ud.qp_num));

        Succeed(Manager.Accept(_server.Queue, request.id, 5, Parameters(0x22, 8), default));

        rdma_ucm_event_resp established = _client.Take(CmEventType.Established);
        Assert.Equal((active, 0x22u, 0x0123_4567u), (established.id, established.param_ud.qp_num, established.param_ud.qkey));
        Assert.Equal((136, 8), (established.param_ud.private_data_len, established.param_ud.private_data[0]));
        Assert.Equal((1, 3, 1), (established.param_ud.ah_attr.is_global, established.param_ud.ah_attr.grh.sgid_index, established.param_ud.ah_attr.port_num));
        _server.ExpectNothing();
        ib_uverbs_qp_attr init = Succeed(Manager.QpAttributes(_client.Queue, active, ibv_qp_state.IBV_QPS_INIT));
        Assert.Equal(0x0123_4567u, init.qkey);
        Assert.NotEqual(0u, init.qp_attr_mask & ibv_qp_attr_mask.IBV_QP_QKEY);
    }

    [Theory]
    [InlineData(false, CmWire.ResolutionUnsupported)]
    [InlineData(true, CmWire.ResolutionReject)]
    public void A_datagram_service_that_is_not_there_or_refuses_is_unreachable(bool listens, int status)
    {
        if (listens)
        {
            _server.Listen(CmRig.Local, portSpace: RDMA_PS_UDP);
        }

        _client.Connect(CmRig.Local, portSpace: RDMA_PS_UDP);
        if (listens)
        {
            Succeed(Manager.Reject(_server.Queue, _server.Take(CmEventType.ConnectRequest).id, 0, []));
        }

        _client.Take(CmEventType.Unreachable, status);
    }

    [Fact]
    public void A_multicast_group_is_joined_and_left()
    {
        CmAddress group = CmAddress.Of(IPAddress.Parse("239.1.2.3"), 0);
        uint id = _client.Create(RDMA_PS_UDP);
        Assert.Equal(EINVAL, Manager.Join(_client.Queue, id, 9, group).Errno);
        Succeed(Manager.Bind(_client.Queue, id, CmRig.Local));

        uint membership = Succeed(Manager.Join(_client.Queue, id, 9, group));
        uint unread = Succeed(Manager.Join(_client.Queue, id, 10, group));
        rdma_ucm_event_resp joined = _client.Take(CmEventType.MulticastJoin);

        Assert.Equal((membership, 9ul, 0xff_ffffu, 0x0123_4567u), (joined.id, joined.uid, joined.param_ud.qp_num, joined.param_ud.qkey));
        Assert.Equal([0xff, 0xff, 239, 1, 2, 3], joined.param_ud.ah_attr.grh.dgid[10..].ToArray());
        Assert.Equal(EINVAL, Manager.LeaveGroup(_server.Queue, membership).Errno);
        Assert.Equal(1u, Succeed(Manager.LeaveGroup(_client.Queue, membership)));
        Assert.Equal(0u, Succeed(Manager.LeaveGroup(_client.Queue, unread)));
        Assert.Equal(ENOENT, Manager.LeaveGroup(_client.Queue, membership).Errno);
        _client.ExpectNothing();
        Assert.Equal(EINVAL, Manager.Join(_client.Queue, _client.Resolve(CmRig.Local), 9, group).Errno);
    }

    [Fact]
    public void A_destroyed_id_leaves_its_groups_and_gives_back_what_they_cost()
    {
        CmProgram small = _rig.NewProgram(maxObjects: 3);
        CmAddress group = CmAddress.Of(IPAddress.Parse("239.1.2.3"), 0);
        uint id = small.Create(RDMA_PS_UDP);
        Succeed(Manager.Bind(small.Queue, id, CmRig.Local));
        uint first = Succeed(Manager.Join(small.Queue, id, 1, group));
        uint second = Succeed(Manager.Join(small.Queue, id, 2, group));
        Assert.Equal(ENOMEM, Manager.Join(small.Queue, id, 3, group).Errno);

        Assert.Equal(0u, small.Destroy(id));

        Assert.Equal(ENOENT, Manager.LeaveGroup(small.Queue, first).Errno);
        Assert.Equal(ENOENT, Manager.LeaveGroup(small.Queue, second).Errno);
        small.ExpectNothing();
        for (int i = 0; i < 3; i++)
        {
            small.Create();
        }

        Assert.Equal(ENOMEM, Manager.CreateId(small.Queue, 1, RDMA_PS_TCP, 2).Errno);
    }

    [Theory]
    [InlineData(0x106, 0)]
    [InlineData(0x111, 0)]
    [InlineData(0x13f, 0)]
    [InlineData(2, 0)]
    [InlineData(7, EINVAL)]
    public void There_are_four_port_spaces(ushort portSpace, int expected) =>
        Assert.Equal(expected, Manager.CreateId(_client.Queue, 1, portSpace, 2).Errno);
}
