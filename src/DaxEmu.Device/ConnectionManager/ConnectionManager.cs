using System.Diagnostics.CodeAnalysis;
using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device;

/// <summary>
/// The connection manager of the emulated network: the ids of all its clients and what passes between them. One state machine under one
/// lock, without sockets or threads: messages between ids arrive at once, and events go to queues that never wait.
/// </summary>
/// <remarks>The rules are those of the kernel's drivers/infiniband/core/{ucma,cma,cm}.c.</remarks>
/// <param name="ports">Where addresses lead.</param>
/// <param name="time">For what takes time.</param>
internal sealed partial class ConnectionManager(ICmPorts ports, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly HandleTable<CmId> _ids = new(uint.MaxValue);
    private readonly HandleTable<CmMulticast> _groups = new(uint.MaxValue);
    private readonly CmBindings _bindings = new();

    /// <summary>Ids of all clients.</summary>
    public int IdCount => _ids.Count;

    /// <summary>The ids that wait for connections.</summary>
    public IReadOnlyList<ListenerDescription> Listeners
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _ids.Objects.Where(id => id.State == CmState.Listen).Select(id =>
                        new ListenerDescription(NameOf(id.Binding!.PortSpace), $"{id.Source}", id.Source.Port, id.Queue.UserId)),
                ];
            }
        }
    }

    /// <summary>CREATE_ID.</summary>
    /// <param name="queue">The file.</param>
    /// <param name="uid">The client's name of it.</param>
    /// <param name="portSpace">RDMA_PS_*.</param>
    /// <param name="qpType">Counts for RDMA_PS_IB only.</param>
    public NicResult<uint> CreateId(CmEventQueue queue, ulong uid, ushort portSpace, byte qpType)
    {
        uint type;
        switch (portSpace)
        {
            case RDMA_PS_TCP:
                type = ibv_qp_type.IBV_QPT_RC;
                break;
            case RDMA_PS_UDP or RDMA_PS_IPOIB:
                type = ibv_qp_type.IBV_QPT_UD;
                break;
            case RDMA_PS_IB:
                type = qpType;
                break;
            default:
                return new NicError(EINVAL, $"there is no port space 0x{portSpace:x}");
        }

        lock (_lock)
        {
            return TryAdd(queue, uid, portSpace, type, out CmId? id) is { } refusal ? refusal : id!.Number;
        }
    }

    /// <summary>DESTROY_ID.</summary>
    /// <returns>Events of it that the client has taken.</returns>
    public NicResult<uint> DestroyId(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            if (Find(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            Destroy(id);
            return id.EventsReported;
        }
    }

    /// <summary>GET_EVENT, by a client that has taken a token; EAGAIN when what it stood for is gone.</summary>
    public NicResult<CmEvent> GetEvent(CmEventQueue queue)
    {
        lock (_lock)
        {
            if (!queue.TryTake(out CmEvent? happened))
            {
                return new NicError(EAGAIN, "no event waits");
            }

            happened.Id.EventsReported++;
            if (happened.Multicast is { } group)
            {
                group.EventsReported++;
            }

            if (happened.Incoming is { } incoming)
            {
                incoming.IsUntold = false;
                happened.Id.Room++;
                TryWaiting(happened.Id);
            }

            return happened;
        }
    }

    /// <summary>MIGRATE_ID: its events from now on, and those that wait, go to another file.</summary>
    /// <param name="queue">The file that it goes to.</param>
    /// <param name="number">The id.</param>
    /// <param name="from">The file that it belongs to.</param>
    /// <returns>Events of it that the client has taken.</returns>
    public NicResult<uint> Migrate(CmEventQueue queue, uint number, CmEventQueue from)
    {
        lock (_lock)
        {
            if (Find(from, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            if (queue == from)
            {
                return id.EventsReported;
            }

            if (queue.IsClosed)
            {
                return new NicError(EINVAL, "the event channel is being closed");
            }

            List<CmId> moving = [id, .. from.WaitingOf(id).Select(e => e.Incoming).OfType<CmId>()];
            if (Charge(moving, from.Quota, queue.Quota) is { } refusal)
            {
                return refusal;
            }

            List<CmEvent> waiting = from.Remove(e => e.Id == id);
            foreach (CmId one in moving)
            {
                from.Ids.Remove(one);
                queue.Ids.Add(one);
                one.Queue = queue;
            }

            waiting.ForEach(queue.Add);
            return id.EventsReported;
        }
    }

    /// <summary>The file was closed, or its client died.</summary>
    public void Close(CmEventQueue queue)
    {
        lock (_lock)
        {
            queue.IsClosed = true;
            // A listener takes those with it that nobody was told of.
            foreach (CmId id in queue.Ids.Where(id => !id.IsUntold).OrderBy(id => id.Number).ToArray())
            {
                Destroy(id);
            }
        }
    }

    private static string NameOf(ushort portSpace) => portSpace switch
    {
        RDMA_PS_TCP => "TCP",
        RDMA_PS_UDP => "UDP",
        RDMA_PS_IB => "IB",
        _ => "IPOIB",
    };

    private static NicError NotNow(string command, CmId id) =>
        new(EINVAL, $"{command}: id {id.Number} is {id.State} ({id.Exchange}), from {id.Source} to {id.Destination}");

    // To another user's file, what the ids and their groups cost goes along.
    private static NicError? Charge(List<CmId> moving, UserQuota from, UserQuota to)
    {
        int cost = from == to ? 0 : moving.Sum(id => 1 + id.Groups.Count);
        for (int taken = 0; taken < cost; taken++)
        {
            if (to.TakeUnmappedObject() is { IsOk: false } refusal)
            {
                Return(to, taken);
                return refusal.Error;
            }
        }

        Return(from, cost);
        return null;
    }

    private static void Return(UserQuota quota, int count)
    {
        for (; count > 0; count--)
        {
            quota.ReturnUnmappedObject();
        }
    }

    private NicError? Find(CmEventQueue queue, uint number, [NotNull] out CmId? id)
    {
        if (!_ids.TryGet(number, out id) || id.IsUntold)
        {
            id = null!;
            return new NicError(ENOENT, $"there is no id {number}");
        }

        return id.Queue == queue ? null : new NicError(EINVAL, $"id {number} belongs to another event channel");
    }

    // ucma_get_ctx_dev.
    private NicError? FindWithDevice(CmEventQueue queue, uint number, [NotNull] out CmId? id) =>
        Find(queue, number, out id) is { } unknown
            ? unknown
            : id.Port is null ? new NicError(EINVAL, $"id {number} has no device yet: resolve an address first") : null;

    private NicError? TryAdd(CmEventQueue queue, ulong uid, ushort portSpace, uint qpType, out CmId? id)
    {
        id = null;
        if (queue.IsClosed)
        {
            return new NicError(EINVAL, "the event channel is being closed");
        }

        if (!_ids.TryPeek(out uint number))
        {
            return new NicError(ENOMEM, $"all {number} ids are in use");
        }

        if (queue.Quota.TakeUnmappedObject() is { IsOk: false } refusal)
        {
            return refusal.Error;
        }

        id = new CmId
        {
            Number = number,
            Queue = queue,
            Uid = uid,
            PortSpace = portSpace,
            QpType = qpType,
            SequenceNumber = (uint)Random.Shared.Next() & CmWire.NumberMask,
        };
        _ids.Add(id);
        queue.Ids.Add(id);
        return null;
    }

    private void Destroy(CmId id)
    {
        // Nobody finds it any more, and no event of it is raised.
        _ids.Remove(id.Number);
        id.Queue.Ids.Remove(id);
        id.Uid = 0;
        StopWaiting(id);
        Leave(id);
        id.State = CmState.Idle;
        _bindings.Release(id);
        foreach (CmMulticast group in id.Groups)
        {
            _groups.Remove(group.Number);
            id.Queue.Quota.ReturnUnmappedObject();
        }

        id.Groups.Clear();
        foreach (CmEvent lost in id.Queue.Remove(e => e.Id == id))
        {
            if (lost.Incoming is { } incoming)
            {
                Destroy(incoming);
            }
        }

        foreach (CmId waiting in id.Waiting.ToArray())
        {
            StopWaiting(waiting);
            Deliver(waiting);
        }

        id.Queue.Quota.ReturnUnmappedObject();
    }

    private static void Raise(CmId id, CmEventType type, int status = 0, in rdma_ucm_conn_param parameters = default, rdma_ucm_ece ece = default)
    {
        if (id.Uid == 0)
        {
            return;
        }

        id.Queue.Add(new CmEvent(
            id,
            new rdma_ucm_event_resp
            {
                uid = id.Uid,
                id = id.Number,
                @event = (uint)type,
                status = (uint)status,
                param_conn = parameters,
                ece = ece,
            }));
    }

    private void StartTimer(CmId id, TimeSpan patience, Action onExpired)
    {
        StopTimer(id);
        ITimer? timer = null;
        timer = time.CreateTimer(
            _ =>
            {
                lock (_lock)
                {
                    // One that was stopped, or replaced, while it was about to fire.
                    if (id.Timer == timer)
                    {
                        StopTimer(id);
                        onExpired();
                    }
                }
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        id.Timer = timer;
        timer.Change(patience, Timeout.InfiniteTimeSpan);
    }

    private static void StopTimer(CmId id)
    {
        id.Timer?.Dispose();
        id.Timer = null;
    }
}
