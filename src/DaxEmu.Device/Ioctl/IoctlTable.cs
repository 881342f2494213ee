using System.Collections.Frozen;
using DaxEmu.Abi;
using static DaxEmu.Abi.ib_user_ioctl_cmds;
using static DaxEmu.Abi.uverbs_attrs_advise_mr_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_ah_destroy_ids;
using static DaxEmu.Abi.uverbs_attrs_async_event_create;
using static DaxEmu.Abi.uverbs_attrs_create_cq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_create_qp_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_create_srq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_destroy_cq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_destroy_qp_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_destroy_srq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_get_context_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_info_handles_id;
using static DaxEmu.Abi.uverbs_attrs_invoke_write_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_mr_destroy_ids;
using static DaxEmu.Abi.uverbs_attrs_mw_destroy_ids;
using static DaxEmu.Abi.uverbs_attrs_pd_destroy_ids;
using static DaxEmu.Abi.uverbs_attrs_query_context_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_gid_entry_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_gid_table_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_mr_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_port_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_port_speed_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_reg_mr_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_default_objects;
using static DaxEmu.Abi.uverbs_method_async_event;
using static DaxEmu.Abi.uverbs_methods_ah;
using static DaxEmu.Abi.uverbs_methods_cq;
using static DaxEmu.Abi.uverbs_methods_device;
using static DaxEmu.Abi.uverbs_methods_mr;
using static DaxEmu.Abi.uverbs_methods_mw;
using static DaxEmu.Abi.uverbs_methods_pd;
using static DaxEmu.Abi.uverbs_methods_qp;
using static DaxEmu.Abi.uverbs_methods_srq;
using static DaxEmu.Device.IoctlAttributeSpec;

namespace DaxEmu.Device;

/// <summary>
/// The methods that are served, with their attributes as the kernel's DECLARE_UVERBS_NAMED_METHOD have them: uverbs_std_types*.c. Objects
/// that the rxe driver does not have are not there, as the kernel leaves them out.
/// </summary>
internal static class IoctlTable
{
    private static readonly IoctlAttributeSpec[] ProviderData = [InBytes(UVERBS_ATTR_UHW_IN), OutBytes(UVERBS_ATTR_UHW_OUT)];

    private static readonly FrozenDictionary<(ushort, ushort), IoctlMethod> Methods =
        Served().ToFrozenDictionary(method => (method.Object, method.Method));

    /// <summary>All methods.</summary>
    public static IReadOnlyCollection<IoctlMethod> All => Methods.Values;

    /// <summary>The method with these ids, or null.</summary>
    public static IoctlMethod? Find(ushort @object, ushort method) => Methods.GetValueOrDefault((@object, method));

    private static IoctlMethod[] Served() =>
    [
        .. OfTheDevice(),
        .. OfQueues(),
        .. OfMemory(),
        new(
            UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY, "pd_destroy", static (context, call) => context.DestroyDomain(call),
            Handle(UVERBS_ATTR_DESTROY_PD_HANDLE)),
        new(
            UVERBS_OBJECT_AH, UVERBS_METHOD_AH_DESTROY, "ah_destroy",
            static (context, call) => context.DestroyByHandle(
                call, ib_uverbs_write_cmds.IB_USER_VERBS_CMD_DESTROY_AH, UVERBS_ATTR_DESTROY_AH_HANDLE),
            Handle(UVERBS_ATTR_DESTROY_AH_HANDLE)),
    ];

    private static IoctlMethod[] OfTheDevice() =>
    [
        new(
            UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE, "invoke_write", static (context, call) => context.InvokeWrite(call),
            [In<ulong>(UVERBS_ATTR_WRITE_CMD), InBytes(UVERBS_ATTR_CORE_IN, sizeof(uint)), OutBytes(UVERBS_ATTR_CORE_OUT), .. ProviderData]),
        new(
            UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES, "info_handles", static (context, call) => context.InfoHandles(call),
            In<ulong>(UVERBS_ATTR_INFO_OBJECT_ID), Out<uint>(UVERBS_ATTR_INFO_TOTAL_HANDLES, required: false),
            OutBytes(UVERBS_ATTR_INFO_HANDLES_LIST, sizeof(uint))),
        new(
            UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT, "query_port", static (context, call) => context.QueryPort(call),
            In<ulong>(UVERBS_ATTR_QUERY_PORT_PORT_NUM), OutStruct<ib_uverbs_query_port_resp_ex>(UVERBS_ATTR_QUERY_PORT_RESP)),
        new(
            UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT_SPEED, "query_port_speed",
            static (context, call) => context.QueryPortSpeed(call),
            In<ulong>(UVERBS_ATTR_QUERY_PORT_SPEED_PORT_NUM), Out<ulong>(UVERBS_ATTR_QUERY_PORT_SPEED_RESP)),
        new(
            UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT, "get_context", static (context, call) => context.GetContext(call),
            [
                Out<uint>(UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS, required: false),
                Out<ulong>(UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT, required: false),
                .. ProviderData,
            ]),
        new(
            UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT, "query_context", static (_, call) => VerbsContext.NotOfThisDriver(call),
            [
                Out<uint>(UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS, required: false),
                Out<ulong>(UVERBS_ATTR_QUERY_CONTEXT_CORE_SUPPORT, required: false),
                .. ProviderData,
            ]),
        new(
            UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE, "query_gid_table", static (context, call) => context.QueryGidTable(call),
            In<ulong>(UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE), Flags(UVERBS_ATTR_QUERY_GID_TABLE_FLAGS),
            OutBytes(UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, required: true),
            Out<ulong>(UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES)),
        new(
            UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_ENTRY, "query_gid_entry", static (context, call) => context.QueryGidEntry(call),
            In<ulong>(UVERBS_ATTR_QUERY_GID_ENTRY_PORT), In<ulong>(UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX),
            Flags(UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS, required: true),
            OutStruct<ib_uverbs_gid_entry>(UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY)),
        new(
            UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC, "async_event_alloc",
            static (context, call) => context.AllocateAsyncChannel(call), New(UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE)),
    ];

    private static IoctlMethod[] OfQueues() =>
    [
        new(
            UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE, "cq_create", static (context, call) => context.CreateCompletionQueue(call),
            [
                New(UVERBS_ATTR_CREATE_CQ_HANDLE), In<uint>(UVERBS_ATTR_CREATE_CQ_CQE), In<ulong>(UVERBS_ATTR_CREATE_CQ_USER_HANDLE),
                Channel(UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL), In<uint>(UVERBS_ATTR_CREATE_CQ_COMP_VECTOR),
                Flags(UVERBS_ATTR_CREATE_CQ_FLAGS), Out<uint>(UVERBS_ATTR_CREATE_CQ_RESP_CQE), Channel(UVERBS_ATTR_CREATE_CQ_EVENT_FD),
                .. ProviderData,
            ]),
        new(
            UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY, "cq_destroy", static (context, call) => context.DestroyCompletionQueue(call),
            Handle(UVERBS_ATTR_DESTROY_CQ_HANDLE), Out<ib_uverbs_destroy_cq_resp>(UVERBS_ATTR_DESTROY_CQ_RESP)),
        new(
            UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, "qp_create", static (context, call) => context.CreateQueuePair(call),
            [
                New(UVERBS_ATTR_CREATE_QP_HANDLE), Handle(UVERBS_ATTR_CREATE_QP_PD_HANDLE, required: false),
                Handle(UVERBS_ATTR_CREATE_QP_SRQ_HANDLE, required: false), Handle(UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, required: false),
                Handle(UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, required: false), In<ulong>(UVERBS_ATTR_CREATE_QP_USER_HANDLE),
                InStruct<ib_uverbs_qp_cap>(UVERBS_ATTR_CREATE_QP_CAP), In<ulong>(UVERBS_ATTR_CREATE_QP_TYPE),
                Flags(UVERBS_ATTR_CREATE_QP_FLAGS), In<uint>(UVERBS_ATTR_CREATE_QP_SOURCE_QPN, required: false),
                Channel(UVERBS_ATTR_CREATE_QP_EVENT_FD), OutStruct<ib_uverbs_qp_cap>(UVERBS_ATTR_CREATE_QP_RESP_CAP),
                Out<uint>(UVERBS_ATTR_CREATE_QP_RESP_QP_NUM), .. ProviderData,
            ]),
        new(
            UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY, "qp_destroy", static (context, call) => context.DestroyQueuePair(call),
            Handle(UVERBS_ATTR_DESTROY_QP_HANDLE), Out<ib_uverbs_destroy_qp_resp>(UVERBS_ATTR_DESTROY_QP_RESP)),
        new(
            UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE, "srq_create", static (context, call) => context.CreateSharedReceiveQueue(call),
            [
                New(UVERBS_ATTR_CREATE_SRQ_HANDLE), Handle(UVERBS_ATTR_CREATE_SRQ_PD_HANDLE), In<ulong>(UVERBS_ATTR_CREATE_SRQ_USER_HANDLE),
                In<uint>(UVERBS_ATTR_CREATE_SRQ_MAX_WR), In<uint>(UVERBS_ATTR_CREATE_SRQ_MAX_SGE), In<uint>(UVERBS_ATTR_CREATE_SRQ_LIMIT),
                In<uint>(UVERBS_ATTR_CREATE_SRQ_MAX_NUM_TAGS, required: false), In<ulong>(UVERBS_ATTR_CREATE_SRQ_TYPE),
                Channel(UVERBS_ATTR_CREATE_SRQ_EVENT_FD), Out<uint>(UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR),
                Out<uint>(UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE), Out<uint>(UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM, required: false),
                .. ProviderData,
            ]),
        new(
            UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_DESTROY, "srq_destroy",
            static (context, call) => context.DestroySharedReceiveQueue(call),
            Handle(UVERBS_ATTR_DESTROY_SRQ_HANDLE), Out<uint>(UVERBS_ATTR_DESTROY_SRQ_RESP)),
    ];

    private static IoctlMethod[] OfMemory() =>
    [
        new(
            UVERBS_OBJECT_MR, UVERBS_METHOD_REG_MR, "reg_mr", static (context, call) => context.RegisterRegion(call),
            New(UVERBS_ATTR_REG_MR_HANDLE), Handle(UVERBS_ATTR_REG_MR_PD_HANDLE), In<ulong>(UVERBS_ATTR_REG_MR_IOVA),
            In<ulong>(UVERBS_ATTR_REG_MR_ADDR), In<ulong>(UVERBS_ATTR_REG_MR_LENGTH), Flags(UVERBS_ATTR_REG_MR_ACCESS_FLAGS),
            Out<uint>(UVERBS_ATTR_REG_MR_RESP_LKEY), Out<uint>(UVERBS_ATTR_REG_MR_RESP_RKEY)),
        new(
            UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, "mr_destroy",
            static (context, call) => context.DestroyByHandle(
                call, ib_uverbs_write_cmds.IB_USER_VERBS_CMD_DEREG_MR, UVERBS_ATTR_DESTROY_MR_HANDLE),
            Handle(UVERBS_ATTR_DESTROY_MR_HANDLE)),
        new(
            UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR, "advise_mr", static (context, call) => context.AdviseRegion(call),
            Handle(UVERBS_ATTR_ADVISE_MR_PD_HANDLE), In<ulong>(UVERBS_ATTR_ADVISE_MR_ADVICE), Flags(UVERBS_ATTR_ADVISE_MR_FLAGS),
            InBytes(UVERBS_ATTR_ADVISE_MR_SGE_LIST)),
        new(
            UVERBS_OBJECT_MR, UVERBS_METHOD_QUERY_MR, "query_mr", static (context, call) => context.QueryRegion(call),
            Handle(UVERBS_ATTR_QUERY_MR_HANDLE), Out<uint>(UVERBS_ATTR_QUERY_MR_RESP_LKEY), Out<uint>(UVERBS_ATTR_QUERY_MR_RESP_RKEY),
            Out<ulong>(UVERBS_ATTR_QUERY_MR_RESP_LENGTH), Out<ulong>(UVERBS_ATTR_QUERY_MR_RESP_IOVA, required: false)),
        new(
            UVERBS_OBJECT_MW, UVERBS_METHOD_MW_DESTROY, "mw_destroy",
            static (context, call) => context.DestroyByHandle(
                call, ib_uverbs_write_cmds.IB_USER_VERBS_CMD_DEALLOC_MW, UVERBS_ATTR_DESTROY_MW_HANDLE),
            Handle(UVERBS_ATTR_DESTROY_MW_HANDLE)),
    ];
}
