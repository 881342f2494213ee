using System.Net;
using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.rdma_user_cm;
using static DaxEmu.Device.Tests.CmProgram;

namespace DaxEmu.Device.Tests;

/// <summary>What passes between the ids of two programs, as the kernel's connection manager has it.</summary>
public sealed class ConnectionTests
{
    private readonly CmRig _rig = new();
    private readonly CmProgram _server;
    private readonly CmProgram _client;

    public ConnectionTests() => (_server, _client) = (_rig.NewProgram(), _rig.NewProgram());

    private ConnectionManager Manager => _rig.Manager;

    [Fact]
    public void A_connection_is_asked_for_accepted_and_ready_in_that_order()
    {
        uint listener = _server.Listen(CmRig.Local);
        uint active = _client.Connect(CmRig.Local, Parameters(0x11, 1, 2, 3));

        rdma_ucm_event_resp request = _server.Take(CmEventType.ConnectRequest);
        Assert.NotEqual(listener, request.id);
        Assert.Equal(0x11u, request.param_conn.qp_num);
        Assert.Equal((7u, 8u), (request.ece.vendor_id, request.ece.attr_mod));

        // The two sides' depths change places, the retry count has three bits, and private data is padded to the message's length.
        Assert.Equal((5, 3, 7, 6), (request.param_conn.responder_resources, request.param_conn.initiator_depth,
            request.param_conn.retry_count, request.param_conn.rnr_retry_count));
        Assert.Equal(56, request.param_conn.private_data_len);
        Assert.Equal([1, 2, 3, 0], request.param_conn.private_data[..4].ToArray());

        Succeed(Manager.Accept(_server.Queue, request.id, 0xabc, Parameters(0x22, 9), default));
        rdma_ucm_event_resp reply = _client.Take(CmEventType.ConnectResponse);
        Assert.Equal((active, 0x22u, (byte)196, (byte)9), (reply.id, reply.param_conn.qp_num, reply.param_conn.private_data_len, reply.param_conn.private_data[0]));
        _server.ExpectNothing();

        _client.Establish(active);
        rdma_ucm_event_resp established = _server.Take(CmEventType.Established);
        Assert.Equal((request.id, 0xabcul), (established.id, established.uid));
        _client.ExpectNothing();
    }

    [Fact]
    public void A_timer_that_fires_although_it_was_stopped_ends_nothing()
    {
        (uint passive, uint active) = Connected();

        Assert.InRange(_rig.Time.FireLate(), 2, int.MaxValue);

        _client.ExpectNothing();
        _server.ExpectNothing();
        _client.Disconnect(active);
        Assert.Equal(passive, _server.Take(CmEventType.Disconnected).id);
    }

    [Fact]
    public void Each_side_is_told_to_make_its_queue_pair_fit_the_others()
    {
        (uint passive, uint active) = Connected();

        ib_uverbs_qp_attr activeRtr = Attributes(_client, active, IBV_QPS_RTR), passiveRtr = Attributes(_server, passive, IBV_QPS_RTR);
        ib_uverbs_qp_attr activeRts = Attributes(_client, active, IBV_QPS_RTS), passiveRts = Attributes(_server, passive, IBV_QPS_RTS);

        Assert.Equal((0x22u, 0x11u), (activeRtr.dest_qp_num, passiveRtr.dest_qp_num));
        Assert.Equal((activeRts.sq_psn, passiveRts.sq_psn), (passiveRtr.rq_psn, activeRtr.rq_psn));
        Assert.Equal(
            IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER,
            activeRtr.qp_attr_mask);
        Assert.Equal(
            IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC,
            activeRts.qp_attr_mask);
        Assert.Equal((1, 3, 1), (activeRtr.ah_attr.is_global, activeRtr.ah_attr.grh.sgid_index, activeRtr.ah_attr.port_num));
        Assert.Equal((17, 7, 6), (activeRts.timeout, activeRts.retry_cnt, activeRts.rnr_retry));
        Assert.NotEqual(0u, Attributes(_client, active, IBV_QPS_INIT).qp_access_flags & ibv_access_flags.IBV_ACCESS_REMOTE_READ);
        Assert.Equal(EINVAL, Manager.QpAttributes(_client.Queue, active, IBV_QPS_SQD).Errno);
    }

    [Fact]
    public void Before_a_connection_only_what_does_not_depend_on_the_peer_is_known()
    {
        uint id = _client.Resolve(CmRig.Local);

        Assert.Equal(
            IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS, Attributes(_client, id, IBV_QPS_INIT).qp_attr_mask);
        Assert.Equal(EINVAL, Manager.QpAttributes(_client.Queue, _client.Create(), IBV_QPS_INIT).Errno);
    }

    [Fact]
    public void The_acknowledgement_timeout_is_what_the_option_says()
    {
        _server.Listen(CmRig.Local);
        uint active = _client.Resolve(CmRig.Local);
        Succeed(Manager.SetAckTimeout(_client.Queue, active, 9));
        Succeed(Manager.Connect(_client.Queue, active, Parameters(), default));
        _server.Accept();

        Assert.Equal(9, Attributes(_client, active, IBV_QPS_RTS).timeout);
        Assert.Equal(EINVAL, Manager.SetAckTimeout(_client.Queue, _client.Create(RDMA_PS_UDP), 9).Errno);
    }

    [Fact]
    public void Where_nobody_listens_the_reason_is_an_unknown_service()
    {
        _client.Connect(CmRig.Local);

        Assert.Equal(148, _client.Take(CmEventType.Rejected, CmWire.RejectInvalidService).param_conn.private_data_len);
    }

    [Fact]
    public void A_program_refuses_with_a_reason_and_private_data()
    {
        _server.Listen(CmRig.Local);
        _client.Connect(CmRig.Local);
        uint incoming = _server.Take(CmEventType.ConnectRequest).id;

        Assert.Equal(EINVAL, Manager.Reject(_server.Queue, incoming, 3, []).Errno);
        Assert.Equal(EINVAL, Manager.Reject(_server.Queue, incoming, 0, new byte[149]).Errno);
        Succeed(Manager.Reject(_server.Queue, incoming, 0, [4, 5]));

        rdma_ucm_event_resp rejected = _client.Take(CmEventType.Rejected, CmWire.RejectConsumer);
        Assert.Equal([4, 5, 0], rejected.param_conn.private_data[..3].ToArray());
        Assert.Equal(EINVAL, Manager.Reject(_server.Queue, incoming, 0, []).Errno);
        Assert.Equal(EINVAL, Manager.Accept(_server.Queue, incoming, 1, Parameters(), default).Errno);
    }

    [Fact]
    public void The_asking_side_may_refuse_the_reply()
    {
        _server.Listen(CmRig.Local);
        uint active = _client.Connect(CmRig.Local);
        _server.Accept();
        _client.Take(CmEventType.ConnectResponse);

        Succeed(Manager.Reject(_client.Queue, active, CmWire.RejectVendorOption, []));

        _server.Take(CmEventType.Rejected, CmWire.RejectVendorOption);
        Assert.Equal(EINVAL, Manager.Establish(_client.Queue, active).Errno);
    }

    [Fact]
    public void A_connection_ends_for_each_side_when_the_other_has_agreed()
    {
        (uint passive, uint active) = Connected();

        _client.Disconnect(active);
        Assert.Equal(passive, _server.Take(CmEventType.Disconnected).id);
        _client.ExpectNothing();

        _server.Disconnect(passive);
        Assert.Equal(active, _client.Take(CmEventType.Disconnected).id);

        _client.Disconnect(active);
        _client.ExpectNothing();
        _rig.Time.Pass(CmWire.TimeWait);
        _client.Take(CmEventType.TimeWaitExit);
        _server.Take(CmEventType.TimeWaitExit);
        Assert.Equal(0, _rig.Time.Timers);
    }

    [Fact]
    public void A_peer_that_never_agrees_is_not_waited_for_for_ever()
    {
        (_, uint active) = Connected();
        _client.Disconnect(active);

        _rig.Time.Pass(CmWire.Patience);

        _client.Take(CmEventType.Disconnected, -ETIMEDOUT);
    }

    [Fact]
    public void A_program_that_dies_leaves_nothing_and_its_peers_are_told()
    {
        _client.Listen(CmAddress.Of(IPAddress.Loopback, 9));
        (_, uint active) = Connected();
        _server.Listen(CmAddress.Of(IPAddress.Loopback, 10));
        uint pending = _client.Connect(CmRig.Local);

        _server.Die();

        Assert.Equal(pending, _client.Take(CmEventType.Rejected, CmWire.RejectConsumer).id);
        Assert.Equal(active, _client.Take(CmEventType.Disconnected).id);
        _client.Connect(CmRig.Local);
        _client.Take(CmEventType.Rejected, CmWire.RejectInvalidService);
        _client.Disconnect(active);
        Assert.Equal(9, Assert.Single(Manager.Listeners).Port);
        _client.Die();
        Assert.Equal((0, 0), (Manager.IdCount, _rig.Time.Timers));
        Assert.Empty(Manager.Listeners);
    }

    [Fact]
    public void Destroying_the_asking_id_takes_the_request_back()
    {
        _server.Listen(CmRig.Local);
        uint active = _client.Connect(CmRig.Local);
        uint incoming = _server.Take(CmEventType.ConnectRequest).id;

        _client.Destroy(active);

        _server.ExpectNothing();
        Assert.Equal(EINVAL, Manager.Accept(_server.Queue, incoming, 1, Parameters(), default).Errno);
        _server.Destroy(incoming);
    }

    [Fact]
    public void A_listener_that_goes_refuses_what_it_was_asked()
    {
        uint listener = _server.Listen(CmRig.Local, backlog: 1);
        _client.Connect(CmRig.Local);
        _client.Connect(CmRig.Local);

        _server.Destroy(listener);

        _client.Take(CmEventType.Rejected, CmWire.RejectConsumer);
        _client.Take(CmEventType.Rejected, CmWire.RejectInvalidService);
        _server.ExpectNothing();
    }

    [Fact]
    public void A_full_backlog_makes_the_next_wait_its_turn_or_give_up()
    {
        _server.Listen(CmRig.Local, backlog: 1);
        uint first = _client.Connect(CmRig.Local), second = _client.Connect(CmRig.Local), third = _client.Connect(CmRig.Local);
        Assert.Equal(1, _server.Tokens);

        _server.Accept();
        Assert.Equal(1, _server.Tokens);
        _client.Destroy(third);
        Assert.Equal(first, _client.Take(CmEventType.ConnectResponse).id);
        uint late = _client.Connect(CmRig.Local);
        _rig.Time.Pass(CmWire.Patience);

        _client.Take(CmEventType.Unreachable, -ETIMEDOUT);
        _client.Take(CmEventType.Unreachable, -ETIMEDOUT);
        Assert.NotEqual(second, late);
    }

    [Fact]
    public void Who_does_not_answer_in_time_is_unreachable()
    {
        _server.Listen(CmRig.Local);
        _client.Connect(CmRig.Local);

        _rig.Time.Pass(CmWire.Patience);

        _client.Take(CmEventType.Unreachable, -ETIMEDOUT);
        uint incoming = _server.Take(CmEventType.ConnectRequest).id;
        Assert.Equal(EINVAL, Manager.Accept(_server.Queue, incoming, 1, Parameters(), default).Errno);
    }

    [Fact]
    public void Who_is_never_ready_is_unreachable_too()
    {
        _server.Listen(CmRig.Local);
        uint active = _client.Connect(CmRig.Local);
        _server.Accept();
        _client.Take(CmEventType.ConnectResponse);

        _rig.Time.Pass(CmWire.Patience);

        _server.Take(CmEventType.Unreachable, -ETIMEDOUT);
        Assert.Equal(EINVAL, Manager.Establish(_client.Queue, active).Errno);
    }

    [Fact]
    public void A_first_message_can_stand_in_for_being_ready()
    {
        const uint CommunicationEstablished = 4;
        _server.Listen(CmRig.Local);
        _client.Connect(CmRig.Local);
        uint passive = _server.Accept();

        Assert.Equal(EINVAL, Manager.Notify(_server.Queue, passive, 3).Errno);
        Succeed(Manager.Notify(_server.Queue, passive, CommunicationEstablished));

        _server.Take(CmEventType.Established);
    }

    [Fact]
    public void Private_data_that_does_not_fit_a_message_is_refused()
    {
        _server.Listen(CmRig.Local);
        uint active = _client.Resolve(CmRig.Local);

        Assert.Equal(EINVAL, Manager.Connect(_client.Queue, active, Parameters(1, new byte[57]), default).Errno);
        Assert.Equal(EINVAL, Manager.Connect(_client.Queue, active, default, default).Errno);
        Succeed(Manager.Connect(_client.Queue, active, Parameters(1, new byte[56]), default));
        uint incoming = _server.Take(CmEventType.ConnectRequest).id;
        Assert.Equal(EINVAL, Manager.Accept(_server.Queue, incoming, 1, Parameters(1, new byte[197]), default).Errno);
        Succeed(Manager.Accept(_server.Queue, incoming, 1, Parameters(1, new byte[196]), default));
    }

    [Fact]
    public void Nothing_can_be_done_before_its_time()
    {
        uint id = _client.Create();
        Assert.Equal(EINVAL, Manager.ResolveRoute(_client.Queue, id).Errno);
        Assert.Equal(EINVAL, Manager.Connect(_client.Queue, id, Parameters(), default).Errno);
        Assert.Equal(EINVAL, Manager.Disconnect(_client.Queue, id).Errno);
        Succeed(Manager.ResolveAddress(_client.Queue, id, default, CmRig.Local));
        Assert.Equal(EINVAL, Manager.ResolveAddress(_client.Queue, id, default, CmRig.Local).Errno);
        Assert.Equal(EINVAL, Manager.Connect(_client.Queue, id, Parameters(), default).Errno);
        Assert.Equal(EINVAL, Manager.Listen(_client.Queue, id, 1).Errno);
        Assert.Equal(EINVAL, Manager.Establish(_client.Queue, id).Errno);
        Assert.Equal(EINVAL, Manager.Disconnect(_client.Queue, id).Errno);
    }

    private (uint Passive, uint Active) Connected()
    {
        _server.Listen(CmRig.Local);
        uint active = _client.Connect(CmRig.Local);
        uint passive = _server.Accept();
        _client.Take(CmEventType.ConnectResponse);
        _client.Establish(active);
        _server.Take(CmEventType.Established);
        return (passive, active);
    }

    private ib_uverbs_qp_attr Attributes(CmProgram program, uint id, uint state) =>
        Succeed(Manager.QpAttributes(program.Queue, id, state));
}
