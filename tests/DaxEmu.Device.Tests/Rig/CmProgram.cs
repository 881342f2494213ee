using DaxEmu.Abi;
using DaxEmu.Nic;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device.Tests;

/// <summary>A program with one event channel, as librdmacm would drive it.</summary>
internal sealed class CmProgram : ICmSignal
{
    private readonly CmRig _rig;
    private ulong _lastUid = 0x1000;

    public CmProgram(CmRig rig, UserQuota quota, uint user)
    {
        _rig = rig;
        Queue = new CmEventQueue(this, quota, user);
    }

    public CmEventQueue Queue { get; }

    /// <summary>Tokens that poll(2) would see.</summary>
    public int Tokens { get; set; }

    private ConnectionManager Manager => _rig.Manager;

    public bool TryShow()
    {
        Tokens++;
        return true;
    }

    public bool TryTakeBack()
    {
        Tokens -= Tokens > 0 ? 1 : 0;
        return true;
    }

    public uint Create(ushort portSpace = RDMA_PS_TCP, byte qpType = (byte)ibv_qp_type.IBV_QPT_RC) =>
        Succeed(Manager.CreateId(Queue, ++_lastUid, portSpace, qpType));

    public uint Listen(CmAddress address, int backlog = 10, ushort portSpace = RDMA_PS_TCP)
    {
        uint id = Create(portSpace);
        Succeed(Manager.Bind(Queue, id, address));
        Succeed(Manager.Listen(Queue, id, backlog));
        return id;
    }

    public uint Resolve(CmAddress destination, ushort portSpace = RDMA_PS_TCP)
    {
        uint id = Create(portSpace);
        Succeed(Manager.ResolveAddress(Queue, id, default, destination));
        Take(CmEventType.AddressResolved);
        Succeed(Manager.ResolveRoute(Queue, id));
        Take(CmEventType.RouteResolved);
        return id;
    }

    public uint Connect(CmAddress destination, rdma_ucm_conn_param? parameters = null, ushort portSpace = RDMA_PS_TCP)
    {
        uint id = Resolve(destination, portSpace);
        Succeed(Manager.Connect(Queue, id, parameters ?? Parameters(), new rdma_ucm_ece { vendor_id = 7, attr_mod = 8 }));
        return id;
    }

    public uint Accept(uint qp = 0x22)
    {
        uint id = Take(CmEventType.ConnectRequest).id;
        Succeed(Manager.Accept(Queue, id, ++_lastUid, Parameters(qp), default));
        return id;
    }

    public void Establish(uint id) => Succeed(Manager.Establish(Queue, id));

    public void Disconnect(uint id) => Succeed(Manager.Disconnect(Queue, id));

    public uint Destroy(uint id) => Succeed(Manager.DestroyId(Queue, id));

    public void Die() => Manager.Close(Queue);

    /// <summary>Takes the next event, which must be of this type.</summary>
    public rdma_ucm_event_resp Take(CmEventType type, int status = 0)
    {
        Assert.True(Tokens > 0, $"no event waits; {type} was expected");
        Tokens--;
        rdma_ucm_event_resp happened = Succeed(Manager.GetEvent(Queue)).Response;
        Assert.Equal((type, status), ((CmEventType)happened.@event, (int)happened.status));
        return happened;
    }

    public void ExpectNothing()
    {
        Assert.Equal((0, 0), (Tokens, Queue.Count));
        Assert.Equal(EAGAIN, Manager.GetEvent(Queue).Errno);
    }

    public static rdma_ucm_conn_param Parameters(uint qp = 0x11, params byte[] data)
    {
        rdma_ucm_conn_param parameters = new()
        {
            valid = 1,
            qp_num = qp,
            private_data_len = (byte)data.Length,
            responder_resources = 3,
            initiator_depth = 5,
            retry_count = 9,
            rnr_retry_count = 6,
            srq = 1,
            flow_control = 1,
        };
        data.CopyTo(parameters.private_data);
        return parameters;
    }

    public static T Succeed<T>(NicResult<T> result)
    {
        Assert.True(result.IsOk || result.Errno == 0, result.Reason);
        return result.Value!;
    }

    public static void Succeed(NicResult result) => Assert.True(result.IsOk, result.Reason);
}
