using DaxEmu.Linux;
using DaxEmu.Nic;
using static DaxEmu.Abi.@in;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib;

namespace DaxEmu.Device;

internal sealed partial class ConnectionManager
{
    // Of RDMA_OPTION_ID_TOS: the priority (IEEE 802.1p) is its upper bits.
    private const int PriorityShift = 5;

    /// <summary>BIND and BIND_IP.</summary>
    public NicResult Bind(CmEventQueue queue, uint number, CmAddress address)
    {
        lock (_lock)
        {
            return Find(queue, number, out CmId? id) is { } unknown ? unknown : Bind(id, address);
        }
    }

    /// <summary>RESOLVE_ADDR and RESOLVE_IP: ADDR_RESOLVED or ADDR_ERROR follows.</summary>
    /// <param name="queue">The file.</param>
    /// <param name="number">The id.</param>
    /// <param name="source">Its own address; of no family when it is bound already, or need not be.</param>
    /// <param name="destination">The peer's.</param>
    public NicResult ResolveAddress(CmEventQueue queue, uint number, CmAddress source, CmAddress destination)
    {
        lock (_lock)
        {
            if (Find(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            if (id.State == CmState.Idle)
            {
                NicResult bound = Bind(id, source.Family != 0 ? source : CmAddress.AnyOf(destination.Family));
                if (!bound.IsOk)
                {
                    return bound;
                }
            }

            if (id.State != CmState.AddressBound || id.Source.Family != destination.Family)
            {
                return NotNow("resolve_addr", id);
            }

            Resolve(id, destination);
            return NicResult.Ok;
        }
    }

    /// <summary>RESOLVE_ROUTE: ROUTE_RESOLVED follows.</summary>
    public NicResult ResolveRoute(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            if (id.State != CmState.AddressResolved)
            {
                return NotNow("resolve_route", id);
            }

            id.State = CmState.RouteResolved;
            id.HasPath = true;
            Raise(id, CmEventType.RouteResolved);
            return NicResult.Ok;
        }
    }

    /// <summary>RDMA_OPTION_ID_TOS.</summary>
    public NicResult SetTypeOfService(CmEventQueue queue, uint number, byte value) => Set(queue, number, id =>
    {
        id.TypeOfService = value;
        return true;
    });

    /// <summary>RDMA_OPTION_ID_REUSEADDR.</summary>
    public NicResult SetReusesAddress(CmEventQueue queue, uint number, bool value) => Set(queue, number, id =>
    {
        bool possible = id.State == CmState.Idle || (value && id.State != CmState.Listen);
        id.ReusesAddress = possible ? value : id.ReusesAddress;
        return possible;
    });

    /// <summary>RDMA_OPTION_ID_AFONLY.</summary>
    public NicResult SetFamilyOnly(CmEventQueue queue, uint number, bool value) => Set(queue, number, id =>
    {
        bool possible = id.State is CmState.Idle or CmState.AddressBound;
        id.FamilyOnly = possible ? value : id.FamilyOnly;
        return possible;
    });

    /// <summary>RDMA_OPTION_ID_ACK_TIMEOUT: of reliable connections.</summary>
    public NicResult SetAckTimeout(CmEventQueue queue, uint number, byte value) => Set(queue, number, id =>
    {
        id.AckTimeout = id.IsDatagram ? null : value;
        return !id.IsDatagram;
    });

    /// <summary>RDMA_OPTION_IB_PATH: the client brings the path; ROUTE_RESOLVED follows.</summary>
    public NicResult SetPath(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out _) is { } unknown)
            {
                return unknown;
            }
        }

        // All paths are one here: what the record says of it is what it is.
        return ResolveRoute(queue, number);
    }

    private static byte PriorityOf(CmId id) => (byte)(id.TypeOfService >> PriorityShift);

    private NicResult Set(CmEventQueue queue, uint number, Func<CmId, bool> change)
    {
        lock (_lock)
        {
            return Find(queue, number, out CmId? id) is { } unknown ? unknown : change(id) ? NicResult.Ok : NotNow("set_option", id);
        }
    }

    private NicResult Bind(CmId id, CmAddress address)
    {
        if (address.Size == 0)
        {
            return new NicError(EAFNOSUPPORT, $"addresses of family {address.Family} cannot be bound");
        }

        if (id.State != CmState.Idle)
        {
            return NotNow("bind", id);
        }

        CmPort? port = null;
        int errno = address.IsAny ? 0 : address.Family == AF_IB ? ENODEV : ports.Find(address, out port);
        if (errno == 0)
        {
            bool? before = id.FamilyOnly;
            id.Source = address;
            id.FamilyOnly ??= address.Family == AF_INET;
            errno = _bindings.Bind(id);
            if (errno != 0)
            {
                id.Source = default;
                id.FamilyOnly = before;
            }
        }

        if (errno != 0)
        {
            return new NicError(errno, $"bind: {address} cannot be had: {ErrnoName.Of(errno)}");
        }

        id.Port = port;
        id.State = CmState.AddressBound;
        return NicResult.Ok;
    }

    private void Resolve(CmId id, CmAddress destination)
    {
        CmPort? remote = ports.Loopback;
        if (destination.Family == AF_IB || remote is null)
        {
            // The ports speak RoCE, which has no AF_IB addresses.
            Fail(id, ENODEV);
            return;
        }

        if (destination.IsAny)
        {
            destination = CmAddress.LoopbackOf(destination.Family, destination.Port);
        }
        else if (ports.Find(destination, out remote) != 0)
        {
            // Every peer is on this machine: nothing else can be reached.
            Fail(id, ENETUNREACH);
            return;
        }

        if (id.Source.IsAny)
        {
            id.Source = id.Source with { Host = destination.Host, Scope = destination.Scope };
        }

        id.Destination = destination;
        id.Port ??= remote;
        id.RemotePort = remote;
        id.State = CmState.AddressResolved;
        Raise(id, CmEventType.AddressResolved);
    }

    private static void Fail(CmId id, int errno)
    {
        id.Destination = default;
        Raise(id, CmEventType.AddressError, -errno);
    }
}
