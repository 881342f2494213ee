using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device;

/// <summary>The rdma_cm commands by number, and the checks of their header: ucma_write of drivers/infiniband/core/ucma.c.</summary>
internal static class CmCommandTable
{
    private static readonly int HeaderLength = Unsafe.SizeOf<rdma_ucm_cmd_hdr>();

    // What older clients have: without the fields that were added at the ends.
    private static readonly int ShortConnect = (int)Marshal.OffsetOf<rdma_ucm_connect>(nameof(rdma_ucm_connect.ece));
    private static readonly int ShortAccept = (int)Marshal.OffsetOf<rdma_ucm_accept>(nameof(rdma_ucm_accept.ece));
    private static readonly int ShortEvent = (int)Marshal.OffsetOf<rdma_ucm_event_resp>(nameof(rdma_ucm_event_resp.reserved));
    private static readonly int ShortRoute = (int)Marshal.OffsetOf<rdma_ucm_query_route_resp>(nameof(rdma_ucm_query_route_resp.ibdev_index));
    private static readonly int PathHeader = Unsafe.SizeOf<rdma_ucm_query_path_resp>();
    private static readonly int Number = Unsafe.SizeOf<rdma_ucm_create_id_resp>();

    private static readonly CmCommandDefinition?[] Commands = ByNumber();

    /// <summary>Finds a command and checks its lengths.</summary>
    /// <param name="bytes">As write(2) would have been given; of SET_OPTION followed by the option's value.</param>
    /// <param name="descriptors">The descriptors that came along.</param>
    /// <param name="room">Room for the response, of zeros.</param>
    /// <param name="definition">The command.</param>
    /// <param name="command">Its parts.</param>
    public static NicResult Parse(
        ReadOnlySpan<byte> bytes, IReadOnlyList<SafeFileHandle> descriptors, Span<byte> room, out CmCommandDefinition? definition,
        out CmCommand command)
    {
        definition = null;
        command = default;
        if (bytes.Length < HeaderLength)
        {
            return new NicError(EINVAL, $"a command has a header of {HeaderLength} bytes; {bytes.Length} came");
        }

        rdma_ucm_cmd_hdr header = MemoryMarshal.Read<rdma_ucm_cmd_hdr>(bytes);
        if (header.cmd >= Commands.Length || header.@in > bytes.Length - HeaderLength)
        {
            return new NicError(EINVAL, $"there is no command {header.cmd}, or its header says that more than {bytes.Length} bytes came");
        }

        definition = Commands[header.cmd];
        if (definition is null)
        {
            return new NicError(ENOSYS, $"command {header.cmd} has no meaning");
        }

        if (header.@in < definition.RequestLength)
        {
            return new NicError(EINVAL, $"{definition.Name}: the command has {definition.RequestLength} bytes; {header.@in} came");
        }

        if (header.@out < definition.ResponseLength)
        {
            return new NicError(
                ENOSPC, $"{definition.Name}: the response has {definition.ResponseLength} bytes; there is room for {header.@out}");
        }

        command = new CmCommand
        {
            Request = bytes.Slice(HeaderLength, header.@in),
            Value = bytes[(HeaderLength + header.@in)..],
            Room = room[..Math.Min(room.Length, header.@out)],
            Descriptors = descriptors,
        };
        return NicResult.Ok;
    }

    private static CmCommandDefinition?[] ByNumber()
    {
        CmCommandDefinition[] served = Served();
        CmCommandDefinition?[] byNumber = new CmCommandDefinition?[served.Max(c => c.Number) + 1];
        foreach (CmCommandDefinition command in served)
        {
            byNumber[command.Number] = command;
        }

        return byNumber;
    }

    private static CmCommandDefinition[] Served() =>
    [
        Of<rdma_ucm_create_id>(RDMA_USER_CM_CMD_CREATE_ID, "create_id", Number, static (c, ref command) => c.CreateId(ref command)),
        Of<rdma_ucm_destroy_id>(RDMA_USER_CM_CMD_DESTROY_ID, "destroy_id", Number, static (c, ref command) => c.DestroyId(ref command)),
        Of<rdma_ucm_bind_ip>(RDMA_USER_CM_CMD_BIND_IP, "bind_ip", 0, static (c, ref command) => c.BindIp(ref command)),
        Of<rdma_ucm_bind>(RDMA_USER_CM_CMD_BIND, "bind", 0, static (c, ref command) => c.Bind(ref command)),
        Of<rdma_ucm_resolve_ip>(RDMA_USER_CM_CMD_RESOLVE_IP, "resolve_ip", 0, static (c, ref command) => c.ResolveIp(ref command)),
        Of<rdma_ucm_resolve_addr>(RDMA_USER_CM_CMD_RESOLVE_ADDR, "resolve_addr", 0, static (c, ref command) => c.ResolveAddress(ref command)),
        Of<rdma_ucm_resolve_route>(RDMA_USER_CM_CMD_RESOLVE_ROUTE, "resolve_route", 0, static (c, ref command) => c.ResolveRoute(ref command)),
        Of<rdma_ucm_query>(RDMA_USER_CM_CMD_QUERY_ROUTE, "query_route", ShortRoute, static (c, ref command) => c.QueryRoute(ref command)),
        Of<rdma_ucm_query>(RDMA_USER_CM_CMD_QUERY, "query", PathHeader, static (c, ref command) => c.Query(ref command)),
        Of<rdma_ucm_connect>(RDMA_USER_CM_CMD_CONNECT, "connect", 0, static (c, ref command) => c.Connect(ref command))
            with { RequestLength = ShortConnect },
        Of<rdma_ucm_listen>(RDMA_USER_CM_CMD_LISTEN, "listen", 0, static (c, ref command) => c.Listen(ref command)),
        Of<rdma_ucm_accept>(RDMA_USER_CM_CMD_ACCEPT, "accept", 0, static (c, ref command) => c.Accept(ref command))
            with { RequestLength = ShortAccept },
        Of<rdma_ucm_reject>(RDMA_USER_CM_CMD_REJECT, "reject", 0, static (c, ref command) => c.Reject(ref command)),
        Of<rdma_ucm_disconnect>(RDMA_USER_CM_CMD_DISCONNECT, "disconnect", 0, static (c, ref command) => c.Disconnect(ref command)),
        Of<rdma_ucm_init_qp_attr>(
            RDMA_USER_CM_CMD_INIT_QP_ATTR, "init_qp_attr", Unsafe.SizeOf<ib_uverbs_qp_attr>(),
            static (c, ref command) => c.InitQpAttributes(ref command)),
        Of<rdma_ucm_get_event>(RDMA_USER_CM_CMD_GET_EVENT, "get_event", ShortEvent, static (c, ref command) => c.GetEvent(ref command)),
        Of<rdma_ucm_set_option>(RDMA_USER_CM_CMD_SET_OPTION, "set_option", 0, static (c, ref command) => c.SetOption(ref command)),
        Of<rdma_ucm_notify>(RDMA_USER_CM_CMD_NOTIFY, "notify", 0, static (c, ref command) => c.Notify(ref command)),
        Of<rdma_ucm_join_ip_mcast>(RDMA_USER_CM_CMD_JOIN_IP_MCAST, "join_ip_mcast", Number, static (c, ref command) => c.JoinIp(ref command)),
        Of<rdma_ucm_join_mcast>(RDMA_USER_CM_CMD_JOIN_MCAST, "join_mcast", Number, static (c, ref command) => c.Join(ref command)),
        Of<rdma_ucm_destroy_id>(RDMA_USER_CM_CMD_LEAVE_MCAST, "leave_mcast", Number, static (c, ref command) => c.LeaveGroup(ref command)),
        Of<rdma_ucm_migrate_id>(RDMA_USER_CM_CMD_MIGRATE_ID, "migrate_id", Number, static (c, ref command) => c.Migrate(ref command)),
    ];

    private static CmCommandDefinition Of<T>(uint number, string name, int responseLength, CmCommandHandler handler)
        where T : unmanaged => new(number, name, Unsafe.SizeOf<T>(), responseLength, handler);
}
