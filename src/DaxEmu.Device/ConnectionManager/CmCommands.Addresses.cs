using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device;

internal sealed partial class CmCommands
{
    private const uint PrimaryPath = ib_user_sa.IB_PATH_GMP | ib_user_sa.IB_PATH_PRIMARY | ib_user_sa.IB_PATH_BIDIRECTIONAL;

    /// <summary>BIND.</summary>
    public NicResult Bind(ref CmCommand command)
    {
        rdma_ucm_bind request = command.Read<rdma_ucm_bind>();
        return request.reserved == 0 && TryRead(request.addr, request.addr_size, out CmAddress address)
            ? manager.Bind(queue, request.id, address)
            : BadAddress("bind");
    }

    /// <summary>BIND_IP.</summary>
    public NicResult BindIp(ref CmCommand command)
    {
        rdma_ucm_bind_ip request = command.Read<rdma_ucm_bind_ip>();
        return TryRead(request.addr, out CmAddress address) ? manager.Bind(queue, request.id, address) : BadAddress("bind_ip");
    }

    /// <summary>RESOLVE_ADDR.</summary>
    public NicResult ResolveAddress(ref CmCommand command)
    {
        rdma_ucm_resolve_addr request = command.Read<rdma_ucm_resolve_addr>();
        CmAddress source = default;
        return request.reserved == 0
            && (request.src_size == 0 || TryRead(request.src_addr, request.src_size, out source))
            && TryRead(request.dst_addr, request.dst_size, out CmAddress destination)
                ? manager.ResolveAddress(queue, request.id, source, destination)
                : BadAddress("resolve_addr");
    }

    /// <summary>RESOLVE_IP.</summary>
    public NicResult ResolveIp(ref CmCommand command)
    {
        rdma_ucm_resolve_ip request = command.Read<rdma_ucm_resolve_ip>();
        CmAddress source = default;
        return (request.src_addr.sin6_family == 0 || TryRead(request.src_addr, out source))
            && TryRead(request.dst_addr, out CmAddress destination)
                ? manager.ResolveAddress(queue, request.id, source, destination)
                : BadAddress("resolve_ip");
    }

    /// <summary>JOIN_MCAST.</summary>
    public NicResult Join(ref CmCommand command)
    {
        rdma_ucm_join_mcast request = command.Read<rdma_ucm_join_mcast>();
        if (request.join_flags > RDMA_MC_JOIN_FLAG_SENDONLY_FULLMEMBER)
        {
            return new NicError(EINVAL, $"join_mcast: flags 0x{request.join_flags:x} are not known");
        }

        return TryRead(request.addr, request.addr_size, out CmAddress address)
            ? RespondNumber(manager.Join(queue, request.id, request.uid, address), ref command)
            : BadAddress("join_mcast");
    }

    /// <summary>JOIN_IP_MCAST.</summary>
    public NicResult JoinIp(ref CmCommand command)
    {
        rdma_ucm_join_ip_mcast request = command.Read<rdma_ucm_join_ip_mcast>();
        return TryRead(request.addr, out CmAddress address)
            ? RespondNumber(manager.Join(queue, request.id, request.uid, address), ref command)
            : BadAddress("join_ip_mcast");
    }

    /// <summary>SET_OPTION: the value follows the command.</summary>
    public NicResult SetOption(ref CmCommand command)
    {
        rdma_ucm_set_option request = command.Read<rdma_ucm_set_option>();
        ReadOnlySpan<byte> value = command.Value;
        if ((uint)value.Length != request.optlen)
        {
            return new NicError(EINVAL, $"set_option: the value has {request.optlen} bytes; {value.Length} came");
        }

        switch ((request.level, request.optname))
        {
            case (RDMA_OPTION_ID, RDMA_OPTION_ID_TOS) when value.Length == sizeof(byte):
                return manager.SetTypeOfService(queue, request.id, value[0]);
            case (RDMA_OPTION_ID, RDMA_OPTION_ID_ACK_TIMEOUT) when value.Length == sizeof(byte):
                return manager.SetAckTimeout(queue, request.id, value[0]);
            case (RDMA_OPTION_ID, RDMA_OPTION_ID_REUSEADDR) when value.Length == sizeof(int):
                return manager.SetReusesAddress(queue, request.id, MemoryMarshal.Read<int>(value) != 0);
            case (RDMA_OPTION_ID, RDMA_OPTION_ID_AFONLY) when value.Length == sizeof(int):
                return manager.SetFamilyOnly(queue, request.id, MemoryMarshal.Read<int>(value) != 0);
            case (RDMA_OPTION_ID, <= RDMA_OPTION_ID_ACK_TIMEOUT):
                return new NicError(EINVAL, $"set_option: option {request.optname} has no value of {value.Length} bytes");
            case (RDMA_OPTION_IB, RDMA_OPTION_IB_PATH):
                return HasPrimaryPath(value)
                    ? manager.SetPath(queue, request.id)
                    : new NicError(EINVAL, "set_option: no path in the value is the primary one in both directions");
            default:
                return new NicError(ENOSYS, $"set_option: there is no option {request.optname} of level {request.level}");
        }
    }

    private static bool HasPrimaryPath(ReadOnlySpan<byte> value)
    {
        int size = Unsafe.SizeOf<ib_path_rec_data>();
        bool found = false;
        for (int at = 0; value.Length % size == 0 && at < value.Length; at += size)
        {
            found |= MemoryMarshal.Read<uint>(value[at..]) == PrimaryPath;
        }

        return found;
    }

    private static NicError BadAddress(string command) => new(EINVAL, $"{command}: an address is not of the size of its family");

    private static ReadOnlySpan<byte> Bytes(in kernel_sockaddr_storage storage) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<kernel_sockaddr_storage>(in storage));

    private static bool TryRead(in kernel_sockaddr_storage storage, ushort size, out CmAddress address)
    {
        address = CmAddress.Read(Bytes(storage));
        return size != 0 && size == address.Size;
    }

    // Room for IPv4 and IPv6 only (rdma_addr_size_in6).
    private static bool TryRead(in sockaddr_in6 storage, out CmAddress address)
    {
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<sockaddr_ib>()];
        MemoryMarshal.Write(bytes, in storage);
        address = CmAddress.Read(bytes);
        return address.Size != 0 && address.Size <= Unsafe.SizeOf<sockaddr_in6>();
    }
}
