using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device;

/// <summary>Who has which port: the rules of drivers/infiniband/core/cma.c, cma_get_port and cma_check_port.</summary>
internal sealed class CmBindings
{
    // Default net.ipv4.ip_local_port_range.
    private const int FirstEphemeral = 32768;
    private const int LastEphemeral = 60999;

    // Ports below need CAP_NET_BIND_SERVICE.
    private const ushort FirstUnprivileged = 1024;

    // RDMA_IB_IP_PS_MASK: the part of a service id that names the port space (IBTA annex A11).
    private const ulong PortSpaceMask = 0xffff_ffff_ffff_0000;
    private const int PortSpaceShift = 16;

    private readonly Dictionary<(ushort PortSpace, ushort Number), CmBinding> _bindings = [];

    /// <summary>Gives an id the port of its source address, or a free one.</summary>
    /// <param name="id">Its source is the address wished for; on success it has the port.</param>
    /// <returns>0; EADDRINUSE, EADDRNOTAVAIL (a wildcard is involved), EACCES, EPROTONOSUPPORT.</returns>
    public int Bind(CmId id)
    {
        ushort space = id.PortSpace;
        if (id.Source.Family == AF_IB && !TrySelectService(id, out space))
        {
            return EPROTONOSUPPORT;
        }

        ushort port = id.Source.Port;
        if (port == 0)
        {
            return BindEphemeral(id, space);
        }

        if (port < FirstUnprivileged && id.Queue.UserId != 0)
        {
            return EACCES;
        }

        CmBinding? binding = _bindings.GetValueOrDefault((space, port));
        int conflict = binding is null ? 0 : Check(binding, id, id.ReusesAddress);
        if (conflict == 0)
        {
            Add(id, binding ?? new CmBinding(space, port));
        }

        return conflict;
    }

    /// <summary>Whether an id that shares its port may listen on it: there is one listener for an address.</summary>
    public static int CheckListen(CmId id) => id.ReusesAddress ? Check(id.Binding!, id, reuse: false) : 0;

    /// <summary>Gives an id's port back.</summary>
    public void Release(CmId id)
    {
        if (id.Binding is not { } binding)
        {
            return;
        }

        id.Binding = null;
        binding.Owners.Remove(id);
        if (binding.Owners.Count == 0)
        {
            _bindings.Remove((binding.PortSpace, binding.Number));
        }
    }

    /// <summary>Who listens at a destination, or null.</summary>
    /// <param name="portSpace">RDMA_PS_*.</param>
    /// <param name="destination">The address.</param>
    public CmId? FindListener(ushort portSpace, CmAddress destination) =>
        _bindings.GetValueOrDefault((portSpace, destination.Port))?.Owners.Find(o => o.State == CmState.Listen && Listens(o, destination));

    // cma_match_private_data.
    private static bool Listens(CmId listener, CmAddress destination) =>
        (listener.Source.IsAny && listener.FamilyOnly != true)
        || (listener.Source.Family == destination.Family && (listener.Source.IsAny || listener.Source.Host == destination.Host));

    private static int Check(CmBinding binding, CmId id, bool reuse)
    {
        foreach (CmId other in binding.Owners)
        {
            bool apart = id.FamilyOnly == true && other.FamilyOnly == true && id.Source.Family != other.Source.Family;
            if (other == id || (reuse && other.ReusesAddress) || apart)
            {
                continue;
            }

            if (id.Source.IsAny || other.Source.IsAny)
            {
                return EADDRNOTAVAIL;
            }

            if (id.Source.Family == other.Source.Family && id.Source.Host == other.Source.Host)
            {
                return EADDRINUSE;
            }
        }

        return 0;
    }

    private int BindEphemeral(CmId id, ushort space)
    {
        const int Count = LastEphemeral - FirstEphemeral + 1;
        int start = Random.Shared.Next(Count);
        for (int i = 0; i < Count; i++)
        {
            ushort port = (ushort)(FirstEphemeral + ((start + i) % Count));
            if (!_bindings.ContainsKey((space, port)))
            {
                Add(id, new CmBinding(space, port));
                return 0;
            }
        }

        return EADDRNOTAVAIL;
    }

    private void Add(CmId id, CmBinding binding)
    {
        binding.Owners.Add(id);
        _bindings[(binding.PortSpace, binding.Number)] = binding;
        id.Binding = binding;
        id.Source = id.Source with { Port = binding.Number, ServiceMask = ulong.MaxValue };
    }

    // cma_select_ib_ps: the service id must be one of a port space that the id's own allows.
    private static bool TrySelectService(CmId id, out ushort space)
    {
        ulong mask = id.Source.ServiceMask & PortSpaceMask;
        ulong service = id.Source.ServiceId & mask;
        foreach (ushort candidate in new[] { RDMA_PS_IB, RDMA_PS_TCP, RDMA_PS_UDP })
        {
            ulong whole = (ulong)candidate << PortSpaceShift;
            if ((id.PortSpace == RDMA_PS_IB || id.PortSpace == candidate) && service == (whole & mask))
            {
                space = candidate;
                id.Source = id.Source with { ServiceId = whole | id.Source.Port, ServiceMask = PortSpaceMask | id.Source.ServiceMask };
                return true;
            }
        }

        space = 0;
        return false;
    }
}
