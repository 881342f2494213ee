using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device;

/// <summary>Between the structs of the rdma_cm commands and the connection manager.</summary>
/// <param name="manager">The connection manager.</param>
/// <param name="queue">The open file.</param>
/// <param name="findQueue">Whose event channel a descriptor is, or null.</param>
internal sealed partial class CmCommands(ConnectionManager manager, CmEventQueue queue, Func<SafeFileHandle, CmEventQueue?> findQueue)
{
    /// <summary>CREATE_ID.</summary>
    public NicResult CreateId(ref CmCommand command)
    {
        rdma_ucm_create_id request = command.Read<rdma_ucm_create_id>();
        return RespondNumber(manager.CreateId(queue, request.uid, request.ps, request.qp_type), ref command);
    }

    /// <summary>DESTROY_ID.</summary>
    public NicResult DestroyId(ref CmCommand command) =>
        RespondNumber(manager.DestroyId(queue, command.Read<rdma_ucm_destroy_id>().id), ref command);

    /// <summary>RESOLVE_ROUTE.</summary>
    public NicResult ResolveRoute(ref CmCommand command) => manager.ResolveRoute(queue, command.Read<rdma_ucm_resolve_route>().id);

    /// <summary>CONNECT.</summary>
    public NicResult Connect(ref CmCommand command)
    {
        rdma_ucm_connect request = command.Read<rdma_ucm_connect>();
        return manager.Connect(queue, request.id, request.conn_param, request.ece);
    }

    /// <summary>LISTEN.</summary>
    public NicResult Listen(ref CmCommand command)
    {
        rdma_ucm_listen request = command.Read<rdma_ucm_listen>();
        return manager.Listen(queue, request.id, (int)request.backlog);
    }

    /// <summary>ACCEPT.</summary>
    public NicResult Accept(ref CmCommand command)
    {
        rdma_ucm_accept request = command.Read<rdma_ucm_accept>();
        return request.conn_param.valid == 0
            ? manager.Establish(queue, request.id)
            : manager.Accept(queue, request.id, request.uid, request.conn_param, request.ece);
    }

    /// <summary>REJECT.</summary>
    public NicResult Reject(ref CmCommand command)
    {
        rdma_ucm_reject request = command.Read<rdma_ucm_reject>();
        return manager.Reject(
            queue, request.id, request.reason, ((ReadOnlySpan<byte>)request.private_data)[..request.private_data_len]);
    }

    /// <summary>DISCONNECT.</summary>
    public NicResult Disconnect(ref CmCommand command) => manager.Disconnect(queue, command.Read<rdma_ucm_disconnect>().id);

    /// <summary>NOTIFY.</summary>
    public NicResult Notify(ref CmCommand command)
    {
        rdma_ucm_notify request = command.Read<rdma_ucm_notify>();
        return manager.Notify(queue, request.id, request.@event);
    }

    /// <summary>INIT_QP_ATTR.</summary>
    public NicResult InitQpAttributes(ref CmCommand command)
    {
        rdma_ucm_init_qp_attr request = command.Read<rdma_ucm_init_qp_attr>();
        return request.qp_state > ibv_qp_state.IBV_QPS_ERR
            ? new NicError(EINVAL, $"init_qp_attr: there is no queue pair state {request.qp_state}")
            : Respond(manager.QpAttributes(queue, request.id, request.qp_state), ref command);
    }

    /// <summary>GET_EVENT.</summary>
    public NicResult GetEvent(ref CmCommand command)
    {
        NicResult<CmEvent> happened = manager.GetEvent(queue);
        if (!happened.IsOk)
        {
            return happened.Error;
        }

        command.Respond(in happened.Value.Response);
        return NicResult.Ok;
    }

    /// <summary>LEAVE_MCAST.</summary>
    public NicResult LeaveGroup(ref CmCommand command) =>
        RespondNumber(manager.LeaveGroup(queue, command.Read<rdma_ucm_destroy_id>().id), ref command);

    /// <summary>MIGRATE_ID: the descriptor of the event channel that the id is on comes along.</summary>
    public NicResult Migrate(ref CmCommand command)
    {
        rdma_ucm_migrate_id request = command.Read<rdma_ucm_migrate_id>();
        return command.Descriptors.Count == 1 && findQueue(command.Descriptors[0]) is { } from
            ? RespondNumber(manager.Migrate(queue, request.id, from), ref command)
            : new NicError(EINVAL, $"migrate_id: descriptor {request.fd} is no event channel");
    }

    /// <summary>QUERY_ROUTE.</summary>
    public NicResult QueryRoute(ref CmCommand command) =>
        Respond(manager.QueryRoute(queue, command.Read<rdma_ucm_query>().id), ref command);

    /// <summary>QUERY.</summary>
    public NicResult Query(ref CmCommand command)
    {
        rdma_ucm_query request = command.Read<rdma_ucm_query>();
        int room = command.Room.Length;
        switch (request.option)
        {
            case RDMA_USER_CM_QUERY_ADDR or RDMA_USER_CM_QUERY_GID when room < ShortAddresses:
                return new NicError(ENOSPC, $"query: the response has {ShortAddresses} bytes; there is room for {room}");
            case RDMA_USER_CM_QUERY_ADDR:
                return Respond(manager.QueryAddresses(queue, request.id), ref command);
            case RDMA_USER_CM_QUERY_GID:
                return Respond(manager.QueryGids(queue, request.id), ref command);
            case RDMA_USER_CM_QUERY_PATH:
                return RespondPath(manager.QueryPath(queue, request.id), ref command);
            default:
                return new NicError(ENOSYS, $"query: there is no option {request.option}");
        }
    }

    private static int ShortAddresses { get; } =
        (int)Marshal.OffsetOf<rdma_ucm_query_addr_resp>(nameof(rdma_ucm_query_addr_resp.ibdev_index));

    private static NicResult RespondPath(NicResult<ib_path_rec_data?> path, ref CmCommand command)
    {
        if (path.Errno != 0)
        {
            return path.Error;
        }

        command.Respond(new rdma_ucm_query_path_resp { num_paths = path.Value is null ? 0u : 1 });
        if (path.Value is { } one && command.Room.Length >= command.Length + Unsafe.SizeOf<ib_path_rec_data>())
        {
            command.Respond(one);
        }

        return NicResult.Ok;
    }

    private static NicResult RespondNumber(NicResult<uint> result, ref CmCommand command) =>
        Respond(result, ref command);

    private static NicResult Respond<T>(NicResult<T> result, ref CmCommand command)
        where T : unmanaged
    {
        if (!result.IsOk)
        {
            return result.Error;
        }

        command.Respond(result.Value);
        return NicResult.Ok;
    }
}
