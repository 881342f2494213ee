using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

internal sealed partial class ConnectionManager
{
    // net.rdma_ucm.max_backlog.
    private const int MaxBacklog = 1024;
    private const byte MaxRetryCount = 7;

    // rdma_notify's only useful event: the peer's first message came before its word that it is ready.
    private const uint CommunicationEstablished = 4;

    /// <summary>LISTEN.</summary>
    public NicResult Listen(CmEventQueue queue, uint number, int backlog)
    {
        lock (_lock)
        {
            if (Find(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            if (id.State == CmState.Idle && Bind(id, CmAddress.AnyOf(@in.AF_INET)) is { IsOk: false } refusal)
            {
                return refusal;
            }

            if (id.State != CmState.AddressBound)
            {
                return NotNow("listen", id);
            }

            if (CmBindings.CheckListen(id) is not 0 and int errno)
            {
                return new NicError(errno, $"listen: port {id.Source} is shared, and another id holds it: {ErrnoName.Of(errno)}");
            }

            id.Room = backlog > 0 && backlog < MaxBacklog ? backlog : MaxBacklog;
            id.State = CmState.Listen;
            return NicResult.Ok;
        }
    }

    /// <summary>CONNECT.</summary>
    public NicResult Connect(CmEventQueue queue, uint number, in rdma_ucm_conn_param parameters, rdma_ucm_ece ece)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            int room = (id.IsDatagram ? CmWire.ResolutionRequestData : CmWire.RequestData) - CmWire.IpHeader;
            if (parameters.valid == 0 || parameters.private_data_len > room)
            {
                return new NicError(EINVAL, $"connect: the parameters are not valid, or have more than {room} bytes of private data");
            }

            if (id.State != CmState.RouteResolved)
            {
                return NotNow("connect", id);
            }

            id.State = CmState.Connect;
            id.Exchange = id.IsDatagram ? CmExchange.ResolutionSent : CmExchange.RequestSent;
            id.QpNumber = parameters.qp_num & CmWire.NumberMask;
            id.InitiatorDepth = parameters.initiator_depth;
            id.ResponderResources = parameters.responder_resources;
            id.RetryCount = Math.Min(parameters.retry_count, MaxRetryCount);
            id.Request = parameters;
            id.RequestEce = ece;
            Deliver(id);
            return NicResult.Ok;
        }
    }

    /// <summary>ACCEPT with parameters: by the side that was asked.</summary>
    /// <param name="queue">The file.</param>
    /// <param name="number">The id.</param>
    /// <param name="uid">The client's name of it from now on.</param>
    /// <param name="parameters">What the other side is told.</param>
    /// <param name="ece">And of enhanced connection establishment.</param>
    public NicResult Accept(CmEventQueue queue, uint number, ulong uid, in rdma_ucm_conn_param parameters, rdma_ucm_ece ece)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            int room = id.IsDatagram ? CmWire.ResolutionReplyData : CmWire.ReplyData;
            if (parameters.private_data_len > room)
            {
                return new NicError(EINVAL, $"accept: a reply has at most {room} bytes of private data, not {parameters.private_data_len}");
            }

            if (id.Exchange is not (CmExchange.RequestReceived or CmExchange.ResolutionReceived))
            {
                return NotNow("accept", id);
            }

            id.Uid = uid;
            id.QpNumber = parameters.qp_num & CmWire.NumberMask;
            if (id.IsDatagram)
            {
                AnswerResolution(id, parameters);
            }
            else
            {
                Reply(id, parameters, ece);
            }

            return NicResult.Ok;
        }
    }

    /// <summary>ACCEPT without parameters: the side that asked is ready.</summary>
    public NicResult Establish(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            if (id.Exchange == CmExchange.ResolutionReceived)
            {
                AnswerResolution(id, default);
                return NicResult.Ok;
            }

            if (id.Exchange != CmExchange.ReplyReceived)
            {
                return NotNow("accept", id);
            }

            id.Exchange = CmExchange.Established;
            if (id.Peer is { Exchange: CmExchange.ReplySent } peer)
            {
                BecomeEstablished(peer);
            }

            return NicResult.Ok;
        }
    }

    /// <summary>REJECT.</summary>
    /// <param name="queue">The file.</param>
    /// <param name="number">The id.</param>
    /// <param name="reason">IB_CM_REJ_*; 0 means the usual one.</param>
    /// <param name="data">Private data.</param>
    public NicResult Reject(CmEventQueue queue, uint number, byte reason, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            int room = id.IsDatagram ? CmWire.ResolutionReplyData : CmWire.RejectionData;
            if (reason is not (0 or CmWire.RejectConsumer or CmWire.RejectVendorOption) || data.Length > room)
            {
                return new NicError(EINVAL, $"reject: there is no reason {reason} for programs, or more than {room} bytes of private data came");
            }

            switch (id.Exchange)
            {
                case CmExchange.ResolutionReceived:
                    RejectResolution(id, data);
                    return NicResult.Ok;
                case CmExchange.RequestSent or CmExchange.RequestReceived or CmExchange.ReplySent or CmExchange.ReplyReceived:
                    StopWaiting(id);
                    Refuse(id, reason == 0 ? CmWire.RejectConsumer : reason, data);
                    return NicResult.Ok;
                default:
                    return NotNow("reject", id);
            }
        }
    }

    /// <summary>DISCONNECT: begins the end of a connection, or agrees to it.</summary>
    public NicResult Disconnect(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            if (id.State is not (CmState.Connect or CmState.Disconnect))
            {
                return NotNow("disconnect", id);
            }

            switch (id.Exchange)
            {
                case CmExchange.Established:
                    AskToDisconnect(id);
                    break;
                case CmExchange.DisconnectReceived:
                    AgreeToDisconnect(id);
                    break;
            }

            return NicResult.Ok;
        }
    }

    /// <summary>NOTIFY: the program saw IBV_EVENT_COMM_EST.</summary>
    public NicResult Notify(CmEventQueue queue, uint number, uint happened)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            if (happened != CommunicationEstablished || id.Exchange is not (CmExchange.ReplySent or CmExchange.Established))
            {
                return NotNow($"notify of event {happened}", id);
            }

            if (id.Exchange == CmExchange.ReplySent)
            {
                BecomeEstablished(id);
            }

            return NicResult.Ok;
        }
    }

    // Private data comes padded to the length of its message.
    private static rdma_ucm_conn_param WithData(ReadOnlySpan<byte> data, int length)
    {
        rdma_ucm_conn_param parameters = new() { private_data_len = (byte)length };
        data.CopyTo(parameters.private_data);
        return parameters;
    }

    private void Deliver(CmId id)
    {
        CmId? listener = _bindings.FindListener(id.PortSpace, id.Destination);
        if (listener is null || listener.IsDatagram != id.IsDatagram)
        {
            id.Exchange = CmExchange.Idle;
            StopTimer(id);
            if (id.IsDatagram)
            {
                RaiseDatagram(id, CmEventType.Unreachable, CmWire.ResolutionUnsupported, [], CmWire.ResolutionReplyData);
            }
            else
            {
                Raise(id, CmEventType.Rejected, CmWire.RejectInvalidService, WithData([], CmWire.RejectionData));
            }
        }
        else if (listener.Room == 0
            || TryAdd(listener.Queue, 0, listener.PortSpace, listener.QpType, out CmId? incoming) is not null)
        {
            // The kernel drops the request, and its sender tries again.
            id.WaitsAt = listener;
            listener.Waiting.AddLast(id);
            if (id.Timer is null)
            {
                StartTimer(id, CmWire.Patience, () => GiveUp(id));
            }
        }
        else
        {
            Arrive(id, listener, incoming!);
        }
    }

    private void Arrive(CmId id, CmId listener, CmId incoming)
    {
        listener.Room--;
        incoming.IsUntold = true;
        incoming.State = CmState.Connect;
        incoming.Exchange = id.IsDatagram ? CmExchange.ResolutionReceived : CmExchange.RequestReceived;
        incoming.Source = id.Destination;
        incoming.Destination = id.Source;
        incoming.Port = id.RemotePort;
        incoming.RemotePort = id.Port;
        incoming.HasPath = true;
        incoming.TypeOfService = listener.TypeOfService;
        incoming.AckTimeout = listener.AckTimeout;
        incoming.FamilyOnly = listener.FamilyOnly;
        incoming.Peer = id;
        id.Peer = incoming;
        StartTimer(id, CmWire.Patience, () => GiveUp(id));
        listener.Queue.Add(new CmEvent(listener, RequestEvent(id, listener, incoming)) { Incoming = incoming });
    }

    private static rdma_ucm_event_resp RequestEvent(CmId id, CmId listener, CmId incoming)
    {
        rdma_ucm_conn_param request = id.Request;
        ReadOnlySpan<byte> data = ((ReadOnlySpan<byte>)request.private_data)[..request.private_data_len];
        rdma_ucm_event_resp happened = new()
        {
            uid = listener.Uid,
            id = incoming.Number,
            @event = (uint)CmEventType.ConnectRequest,
            ece = id.RequestEce,
        };
        if (id.IsDatagram)
        {
            happened.param_ud.private_data_len = CmWire.ResolutionRequestData - CmWire.IpHeader;
            data.CopyTo(happened.param_ud.private_data);
            return happened;
        }

        // What one side can start, the other must be able to answer: so the two change places.
        incoming.RemoteQpNumber = id.QpNumber;
        incoming.RemoteSequenceNumber = id.SequenceNumber;
        incoming.InitiatorDepth = request.responder_resources;
        incoming.ResponderResources = request.initiator_depth;
        incoming.RetryCount = id.RetryCount;
        incoming.RnrRetryCount = Math.Min(request.rnr_retry_count, MaxRetryCount);
        happened.param_conn = WithData(data, CmWire.RequestData - CmWire.IpHeader);
        happened.param_conn.responder_resources = request.initiator_depth;
        happened.param_conn.initiator_depth = request.responder_resources;
        happened.param_conn.flow_control = request.flow_control;
        happened.param_conn.retry_count = id.RetryCount;
        happened.param_conn.rnr_retry_count = incoming.RnrRetryCount;
        happened.param_conn.srq = request.srq;
        happened.param_conn.qp_num = id.QpNumber;
        return happened;
    }

    private void Reply(CmId id, in rdma_ucm_conn_param parameters, rdma_ucm_ece ece)
    {
        id.InitiatorDepth = parameters.initiator_depth;
        id.ResponderResources = parameters.responder_resources;
        id.Exchange = CmExchange.ReplySent;
        StartTimer(id, CmWire.Patience, () => GiveUp(id));
        if (id.Peer is not { Exchange: CmExchange.RequestSent } peer)
        {
            return;
        }

        StopTimer(peer);
        peer.Exchange = CmExchange.ReplyReceived;
        peer.RemoteQpNumber = id.QpNumber;
        peer.RemoteSequenceNumber = id.SequenceNumber;
        peer.InitiatorDepth = parameters.responder_resources;
        peer.ResponderResources = parameters.initiator_depth;
        peer.RnrRetryCount = Math.Min(parameters.rnr_retry_count, MaxRetryCount);
        ReadOnlySpan<byte> data = ((ReadOnlySpan<byte>)parameters.private_data)[..parameters.private_data_len];
        rdma_ucm_conn_param reply = WithData(data, CmWire.ReplyData);
        reply.responder_resources = parameters.initiator_depth;
        reply.initiator_depth = parameters.responder_resources;
        reply.flow_control = parameters.flow_control;
        reply.rnr_retry_count = peer.RnrRetryCount;
        reply.srq = parameters.srq;
        reply.qp_num = id.QpNumber;
        Raise(peer, CmEventType.ConnectResponse, 0, reply, ece);
    }

    private static void BecomeEstablished(CmId id)
    {
        StopTimer(id);
        id.Exchange = CmExchange.Established;
        Raise(id, CmEventType.Established);
    }

    // Ends what has not become a connection; the peer is told.
    private static void Refuse(CmId id, int reason, ReadOnlySpan<byte> data)
    {
        StopTimer(id);
        id.Exchange = CmExchange.Idle;
        if (Part(id) is { Exchange: CmExchange.RequestSent or CmExchange.RequestReceived or CmExchange.ReplySent or CmExchange.ReplyReceived } peer)
        {
            StopTimer(peer);
            peer.Exchange = CmExchange.Idle;
            Raise(peer, CmEventType.Rejected, reason, WithData(data, CmWire.RejectionData));
        }
    }

    private static void GiveUp(CmId id)
    {
        StopWaiting(id);
        bool isDatagram = id.IsDatagram;
        id.Exchange = CmExchange.Idle;
        if (Part(id) is { } peer)
        {
            StopTimer(peer);
            peer.Exchange = CmExchange.Idle;
        }

        if (isDatagram)
        {
            RaiseDatagram(id, CmEventType.Unreachable, -ETIMEDOUT, [], 0);
        }
        else
        {
            Raise(id, CmEventType.Unreachable, -ETIMEDOUT);
        }
    }

    private void AskToDisconnect(CmId id)
    {
        id.Exchange = CmExchange.DisconnectSent;
        StartTimer(id, CmWire.Patience, () => EndConnection(id, -ETIMEDOUT));
        if (id.Peer is { Exchange: CmExchange.Established or CmExchange.ReplySent } peer)
        {
            StopTimer(peer);
            peer.Exchange = CmExchange.DisconnectReceived;
            RaiseDisconnected(peer, 0);
        }
    }

    private void AgreeToDisconnect(CmId id)
    {
        if (Part(id) is { Exchange: CmExchange.DisconnectSent } peer)
        {
            EndConnection(peer, 0);
        }

        WaitForStragglers(id);
    }

    private void EndConnection(CmId id, int status)
    {
        RaiseDisconnected(id, status);
        WaitForStragglers(id);
    }

    private static void RaiseDisconnected(CmId id, int status)
    {
        if (id.State == CmState.Connect)
        {
            id.State = CmState.Disconnect;
            Raise(id, CmEventType.Disconnected, status);
        }
    }

    private void WaitForStragglers(CmId id)
    {
        id.Exchange = CmExchange.TimeWait;
        StartTimer(id, CmWire.TimeWait, () =>
        {
            id.Exchange = CmExchange.Idle;
            Raise(id, CmEventType.TimeWaitExit);
        });
    }

    // The id is being destroyed: cm_destroy_id.
    private void Leave(CmId id)
    {
        switch (id.Exchange)
        {
            case CmExchange.RequestSent:
                Refuse(id, CmWire.RejectTimeout, []);
                break;
            case CmExchange.RequestReceived or CmExchange.ReplySent or CmExchange.ReplyReceived:
                Refuse(id, CmWire.RejectConsumer, []);
                break;
            case CmExchange.Established:
                AskToDisconnect(id);
                break;
            case CmExchange.DisconnectReceived:
                AgreeToDisconnect(id);
                break;
            case CmExchange.ResolutionReceived:
                RejectResolution(id, []);
                break;
        }

        _ = Part(id);
        StopTimer(id);
        id.Exchange = CmExchange.Idle;
    }

    private static CmId? Part(CmId id)
    {
        CmId? peer = id.Peer;
        id.Peer = null;
        if (peer is not null)
        {
            peer.Peer = null;
        }

        return peer;
    }

    private static void StopWaiting(CmId id)
    {
        id.WaitsAt?.Waiting.Remove(id);
        id.WaitsAt = null;
    }

    private void TryWaiting(CmId listener)
    {
        // Whoever finds no room again is put behind the others.
        for (int i = listener.Waiting.Count; i > 0 && listener.Room > 0; i--)
        {
            CmId id = listener.Waiting.First!.Value;
            StopWaiting(id);
            Deliver(id);
        }
    }
}
