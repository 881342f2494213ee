using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

internal sealed partial class ConnectionManager
{
    // What the kernel says of a group's queue pair: all of them.
    private const uint MulticastQp = 0xff_ffff;

    /// <summary>JOIN_MCAST and JOIN_IP_MCAST: MULTICAST_JOIN follows.</summary>
    /// <returns>The number of the membership.</returns>
    public NicResult<uint> Join(CmEventQueue queue, uint number, ulong uid, CmAddress address)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            if (!id.IsDatagram || id.State is not (CmState.AddressBound or CmState.AddressResolved))
            {
                return NotNow("join_multicast", id);
            }

            if (!_groups.TryPeek(out uint membership))
            {
                return new NicError(ENOMEM, "all multicast memberships are in use");
            }

            if (queue.Quota.TakeUnmappedObject() is { IsOk: false } refusal)
            {
                return refusal.Error;
            }

            CmMulticast group = new() { Number = membership, Id = id, Uid = uid, Address = address, Gid = new Gid(address.Host) };
            _groups.Add(group);
            id.Groups.Add(group);
            RaiseJoined(group);
            return membership;
        }
    }

    /// <summary>LEAVE_MCAST.</summary>
    /// <returns>Events of the membership that the client has taken.</returns>
    public NicResult<uint> LeaveGroup(CmEventQueue queue, uint membership)
    {
        lock (_lock)
        {
            if (!_groups.TryGet(membership, out CmMulticast? group))
            {
                return new NicError(ENOENT, $"there is no multicast membership {membership}");
            }

            if (group.Id.Queue != queue)
            {
                return new NicError(EINVAL, $"multicast membership {membership} belongs to another event channel");
            }

            _groups.Remove(membership);
            group.Id.Groups.Remove(group);
            queue.Quota.ReturnUnmappedObject();
            _ = queue.Remove(e => e.Multicast == group);
            return group.EventsReported;
        }
    }

    private static void RaiseJoined(CmMulticast group)
    {
        CmId id = group.Id;
        if (id.Uid == 0)
        {
            return;
        }

        if (id.Qkey == 0)
        {
            id.Qkey = CmWire.UdpQkey;
        }

        rdma_ucm_event_resp happened = new() { uid = group.Uid, id = group.Number, @event = (uint)CmEventType.MulticastJoin };
        happened.param_ud.qp_num = MulticastQp;
        happened.param_ud.qkey = id.Qkey;
        happened.param_ud.ah_attr = PathTo(id, group.Gid);
        id.Queue.Add(new CmEvent(id, happened) { Multicast = group });
    }

    private static void AnswerResolution(CmId id, in rdma_ucm_conn_param parameters)
    {
        if (parameters.qkey != 0 && id.Qkey == 0)
        {
            id.Qkey = parameters.qkey;
        }

        if (id.Qkey == 0)
        {
            id.Qkey = CmWire.UdpQkey;
        }

        id.Exchange = CmExchange.Idle;
        if (Part(id) is not { Exchange: CmExchange.ResolutionSent } peer)
        {
            return;
        }

        StopTimer(peer);
        peer.Exchange = CmExchange.Idle;
        peer.Qkey = id.Qkey;
        peer.RemoteQpNumber = id.QpNumber;
        ReadOnlySpan<byte> data = ((ReadOnlySpan<byte>)parameters.private_data)[..parameters.private_data_len];
        RaiseDatagram(peer, CmEventType.Established, 0, data, CmWire.ResolutionReplyData);
    }

    private static void RejectResolution(CmId id, ReadOnlySpan<byte> data)
    {
        id.Exchange = CmExchange.Idle;
        if (Part(id) is { Exchange: CmExchange.ResolutionSent } peer)
        {
            StopTimer(peer);
            peer.Exchange = CmExchange.Idle;
            RaiseDatagram(peer, CmEventType.Unreachable, CmWire.ResolutionReject, data, CmWire.ResolutionReplyData);
        }
    }

    private static void RaiseDatagram(CmId id, CmEventType type, int status, ReadOnlySpan<byte> data, int length)
    {
        if (id.Uid == 0)
        {
            return;
        }

        rdma_ucm_event_resp happened = new() { uid = id.Uid, id = id.Number, @event = (uint)type, status = (uint)status };
        happened.param_ud.private_data_len = (byte)length;
        data.CopyTo(happened.param_ud.private_data);
        if (type == CmEventType.Established)
        {
            happened.param_ud.qp_num = id.RemoteQpNumber;
            happened.param_ud.qkey = id.Qkey;
            happened.param_ud.ah_attr = PathTo(id, id.RemotePort!.Gid);
        }

        id.Queue.Add(new CmEvent(id, happened));
    }
}
