using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.ib_user_verbs;
using static DaxEmu.Abi.ib_uverbs_ex_write_cmds;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Device;

/// <summary>The commands that are served, by number.</summary>
internal static class CommandTable
{
    private const uint Extended = IB_USER_VERBS_CMD_FLAG_EXTENDED;

    private static readonly FrozenDictionary<uint, CommandDefinition> Commands = Served().ToFrozenDictionary(c => c.Number);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CommandDefinition> All => Commands.Values;

    /// <summary>The command with a number, or null.</summary>
    public static CommandDefinition? Find(uint number) => Commands.GetValueOrDefault(number);

    private static CommandDefinition[] Served() =>
    [
        CommandDefinition.Of<ib_uverbs_get_context, ib_uverbs_get_context_resp>(
            IB_USER_VERBS_CMD_GET_CONTEXT, "get_context", static (context, ref command) => context.GetContext(ref command)),
        CommandDefinition.Of<ib_uverbs_query_device, ib_uverbs_query_device_resp>(
            IB_USER_VERBS_CMD_QUERY_DEVICE, "query_device", static (context, ref command) => context.QueryDevice(ref command)),
        CommandDefinition.Of<ib_uverbs_ex_query_device, ib_uverbs_ex_query_device_resp>(
            Extended | IB_USER_VERBS_EX_CMD_QUERY_DEVICE, "ex_query_device",
            static (context, ref command) => context.ExtendedQueryDevice(ref command))
            with { ResponseLength = VerbsContext.LeastExtendedDevice },
        CommandDefinition.Of<ib_uverbs_query_port, ib_uverbs_query_port_resp>(
            IB_USER_VERBS_CMD_QUERY_PORT, "query_port", static (context, ref command) => context.QueryPort(ref command)),
        CommandDefinition.Of<ib_uverbs_alloc_pd, ib_uverbs_alloc_pd_resp>(
            IB_USER_VERBS_CMD_ALLOC_PD, "alloc_pd", static (context, ref command) => context.AllocateDomain(ref command)),
        CommandDefinition.Of<ib_uverbs_dealloc_pd>(
            IB_USER_VERBS_CMD_DEALLOC_PD, "dealloc_pd", static (context, ref command) => context.DeallocateDomain(ref command)),
        CommandDefinition.Of<ib_uverbs_create_ah, ib_uverbs_create_ah_resp>(
            IB_USER_VERBS_CMD_CREATE_AH, "create_ah", static (context, ref command) => context.CreateAddressHandle(ref command)),
        CommandDefinition.Of<ib_uverbs_destroy_ah>(
            IB_USER_VERBS_CMD_DESTROY_AH, "destroy_ah", static (context, ref command) => context.DestroyAddressHandle(ref command)),
        CommandDefinition.Of<ib_uverbs_attach_mcast>(
            IB_USER_VERBS_CMD_ATTACH_MCAST, "attach_mcast", static (context, ref command) => context.AttachMulticast(ref command)),
        CommandDefinition.Of<ib_uverbs_detach_mcast>(
            IB_USER_VERBS_CMD_DETACH_MCAST, "detach_mcast", static (context, ref command) => context.DetachMulticast(ref command)),
        CommandDefinition.Of<ib_uverbs_reg_mr, ib_uverbs_reg_mr_resp>(
            IB_USER_VERBS_CMD_REG_MR, "reg_mr", static (context, ref command) => context.RegisterRegion(ref command)),
        CommandDefinition.Of<ib_uverbs_dereg_mr>(
            IB_USER_VERBS_CMD_DEREG_MR, "dereg_mr", static (context, ref command) => context.DeregisterRegion(ref command)),
        CommandDefinition.Of<ib_uverbs_alloc_mw, ib_uverbs_alloc_mw_resp>(
            IB_USER_VERBS_CMD_ALLOC_MW, "alloc_mw", static (context, ref command) => context.AllocateWindow(ref command)),
        CommandDefinition.Of<ib_uverbs_dealloc_mw>(
            IB_USER_VERBS_CMD_DEALLOC_MW, "dealloc_mw", static (context, ref command) => context.DeallocateWindow(ref command)),
        CommandDefinition.Of<ib_uverbs_create_comp_channel, ib_uverbs_create_comp_channel_resp>(
            IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL, "create_comp_channel",
            static (context, ref command) => context.CreateChannel(ref command)),
        CommandDefinition.Of<ib_uverbs_create_cq, ib_uverbs_create_cq_resp>(
            IB_USER_VERBS_CMD_CREATE_CQ, "create_cq", static (context, ref command) => context.CreateCompletionQueue(ref command)),
        CommandDefinition.Of<ib_uverbs_ex_create_cq, ib_uverbs_ex_create_cq_resp>(
            Extended | IB_USER_VERBS_EX_CMD_CREATE_CQ, "ex_create_cq",
            static (context, ref command) => context.ExtendedCreateCompletionQueue(ref command)),
        CommandDefinition.Of<ib_uverbs_resize_cq, ib_uverbs_resize_cq_resp>(
            IB_USER_VERBS_CMD_RESIZE_CQ, "resize_cq", static (context, ref command) => context.ResizeCompletionQueue(ref command)),
        CommandDefinition.Of<ib_uverbs_destroy_cq, ib_uverbs_destroy_cq_resp>(
            IB_USER_VERBS_CMD_DESTROY_CQ, "destroy_cq", static (context, ref command) => context.DestroyCompletionQueue(ref command)),
        CommandDefinition.Of<ib_uverbs_req_notify_cq>(
            IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, "req_notify_cq", static (context, ref command) => context.ArmCompletionQueue(ref command)),
        CommandDefinition.Of<ib_uverbs_create_qp, ib_uverbs_create_qp_resp>(
            IB_USER_VERBS_CMD_CREATE_QP, "create_qp", static (context, ref command) => context.CreateQueuePair(ref command)),
        CommandDefinition.Of<ib_uverbs_ex_create_qp, ib_uverbs_ex_create_qp_resp>(
            Extended | IB_USER_VERBS_EX_CMD_CREATE_QP, "ex_create_qp",
            static (context, ref command) => context.ExtendedCreateQueuePair(ref command))
            with { RequestLength = VerbsContext.LeastExtendedQueuePair },
        CommandDefinition.Of<ib_uverbs_query_qp, ib_uverbs_query_qp_resp>(
            IB_USER_VERBS_CMD_QUERY_QP, "query_qp", static (context, ref command) => context.QueryQueuePair(ref command)),
        CommandDefinition.Of<ib_uverbs_modify_qp>(
            IB_USER_VERBS_CMD_MODIFY_QP, "modify_qp", static (context, ref command) => context.ModifyQueuePair(ref command)),
        CommandDefinition.Of<ib_uverbs_ex_modify_qp, ib_uverbs_ex_modify_qp_resp>(
            Extended | IB_USER_VERBS_EX_CMD_MODIFY_QP, "ex_modify_qp",
            static (context, ref command) => context.ExtendedModifyQueuePair(ref command))
            with { RequestLength = VerbsContext.LeastExtendedModify, ResponseLength = 0 },
        CommandDefinition.Of<ib_uverbs_destroy_qp, ib_uverbs_destroy_qp_resp>(
            IB_USER_VERBS_CMD_DESTROY_QP, "destroy_qp", static (context, ref command) => context.DestroyQueuePair(ref command)),
        CommandDefinition.Of<ib_uverbs_post_send, ib_uverbs_post_send_resp>(
            IB_USER_VERBS_CMD_POST_SEND, "post_send", static (context, ref command) => context.PostSend(ref command)),
        CommandDefinition.Of<ib_uverbs_create_srq, ib_uverbs_create_srq_resp>(
            IB_USER_VERBS_CMD_CREATE_SRQ, "create_srq", static (context, ref command) => context.CreateSharedReceiveQueue(ref command)),
        CommandDefinition.Of<ib_uverbs_create_xsrq, ib_uverbs_create_srq_resp>(
            IB_USER_VERBS_CMD_CREATE_XSRQ, "create_xsrq",
            static (context, ref command) => context.CreateTypedSharedReceiveQueue(ref command)),
        CommandDefinition.Of<ib_uverbs_modify_srq>(
            IB_USER_VERBS_CMD_MODIFY_SRQ, "modify_srq", static (context, ref command) => context.ModifySharedReceiveQueue(ref command))
            with { AddressedResponse = Unsafe.SizeOf<mminfo>() },
        CommandDefinition.Of<ib_uverbs_query_srq, ib_uverbs_query_srq_resp>(
            IB_USER_VERBS_CMD_QUERY_SRQ, "query_srq", static (context, ref command) => context.QuerySharedReceiveQueue(ref command)),
        CommandDefinition.Of<ib_uverbs_destroy_srq, ib_uverbs_destroy_srq_resp>(
            IB_USER_VERBS_CMD_DESTROY_SRQ, "destroy_srq", static (context, ref command) => context.DestroySharedReceiveQueue(ref command)),
    ];
}
