using DaxEmu.Abi;
using static DaxEmu.Abi.ib_user_verbs;
using static DaxEmu.Abi.ib_uverbs_ex_write_cmds;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Device;

/// <summary>The commands that are served, by number.</summary>
internal static class CommandTable
{
    private static readonly Dictionary<uint, CommandDefinition> Commands = new()
    {
        [IB_USER_VERBS_CMD_GET_CONTEXT] = CommandDefinition.Of<ib_uverbs_get_context, ib_uverbs_get_context_resp>(
            "get_context", (VerbsContext context, ref Command command) => context.GetContext(ref command)),
        [IB_USER_VERBS_CMD_QUERY_DEVICE] = CommandDefinition.Of<ib_uverbs_query_device, ib_uverbs_query_device_resp>(
            "query_device", (VerbsContext context, ref Command command) => context.QueryDevice(ref command)),
        [IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_EX_CMD_QUERY_DEVICE] = CommandDefinition.Of<ib_uverbs_ex_query_device, ib_uverbs_ex_query_device_resp>(
            "ex_query_device", (VerbsContext context, ref Command command) => context.ExtendedQueryDevice(ref command)) with
        {
            ResponseLength = VerbsContext.LeastExtendedDevice,
        },
        [IB_USER_VERBS_CMD_QUERY_PORT] = CommandDefinition.Of<ib_uverbs_query_port, ib_uverbs_query_port_resp>(
            "query_port", (VerbsContext context, ref Command command) => context.QueryPort(ref command)),
        [IB_USER_VERBS_CMD_ALLOC_PD] = CommandDefinition.Of<ib_uverbs_alloc_pd, ib_uverbs_alloc_pd_resp>(
            "alloc_pd", (VerbsContext context, ref Command command) => context.AllocateDomain(ref command)),
        [IB_USER_VERBS_CMD_DEALLOC_PD] = CommandDefinition.Of<ib_uverbs_dealloc_pd>(
            "dealloc_pd", (VerbsContext context, ref Command command) => context.DeallocateDomain(ref command)),
        [IB_USER_VERBS_CMD_REG_MR] = CommandDefinition.Of<ib_uverbs_reg_mr, ib_uverbs_reg_mr_resp>(
            "reg_mr", (VerbsContext context, ref Command command) => context.RegisterRegion(ref command)),
        [IB_USER_VERBS_CMD_DEREG_MR] = CommandDefinition.Of<ib_uverbs_dereg_mr>(
            "dereg_mr", (VerbsContext context, ref Command command) => context.DeregisterRegion(ref command)),
        [IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL] = CommandDefinition.Of<ib_uverbs_create_comp_channel, ib_uverbs_create_comp_channel_resp>(
            "create_comp_channel", (VerbsContext context, ref Command command) => context.CreateChannel(ref command)),
        [IB_USER_VERBS_CMD_CREATE_CQ] = CommandDefinition.Of<ib_uverbs_create_cq, ib_uverbs_create_cq_resp>(
            "create_cq", (VerbsContext context, ref Command command) => context.CreateCompletionQueue(ref command)),
        [IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_EX_CMD_CREATE_CQ] = CommandDefinition.Of<ib_uverbs_ex_create_cq, ib_uverbs_ex_create_cq_resp>(
            "ex_create_cq", (VerbsContext context, ref Command command) => context.ExtendedCreateCompletionQueue(ref command)),
        [IB_USER_VERBS_CMD_DESTROY_CQ] = CommandDefinition.Of<ib_uverbs_destroy_cq, ib_uverbs_destroy_cq_resp>(
            "destroy_cq", (VerbsContext context, ref Command command) => context.DestroyCompletionQueue(ref command)),
        [IB_USER_VERBS_CMD_REQ_NOTIFY_CQ] = CommandDefinition.Of<ib_uverbs_req_notify_cq>(
            "req_notify_cq", (VerbsContext context, ref Command command) => context.ArmCompletionQueue(ref command)),
        [IB_USER_VERBS_CMD_CREATE_QP] = CommandDefinition.Of<ib_uverbs_create_qp, ib_uverbs_create_qp_resp>(
            "create_qp", (VerbsContext context, ref Command command) => context.CreateQueuePair(ref command)),
        [IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_EX_CMD_CREATE_QP] = CommandDefinition.Of<ib_uverbs_ex_create_qp, ib_uverbs_ex_create_qp_resp>(
            "ex_create_qp", (VerbsContext context, ref Command command) => context.ExtendedCreateQueuePair(ref command)) with
        {
            RequestLength = VerbsContext.LeastExtendedQueuePair,
        },
        [IB_USER_VERBS_CMD_QUERY_QP] = CommandDefinition.Of<ib_uverbs_query_qp, ib_uverbs_query_qp_resp>(
            "query_qp", (VerbsContext context, ref Command command) => context.QueryQueuePair(ref command)),
        [IB_USER_VERBS_CMD_MODIFY_QP] = CommandDefinition.Of<ib_uverbs_modify_qp>(
            "modify_qp", (VerbsContext context, ref Command command) => context.ModifyQueuePair(ref command)),
        [IB_USER_VERBS_CMD_DESTROY_QP] = CommandDefinition.Of<ib_uverbs_destroy_qp, ib_uverbs_destroy_qp_resp>(
            "destroy_qp", (VerbsContext context, ref Command command) => context.DestroyQueuePair(ref command)),
        [IB_USER_VERBS_CMD_POST_SEND] = CommandDefinition.Of<ib_uverbs_post_send, ib_uverbs_post_send_resp>(
            "post_send", (VerbsContext context, ref Command command) => context.PostSend(ref command)),
    };

    /// <summary>The command with a number, or null.</summary>
    public static CommandDefinition? Find(uint number) => Commands.GetValueOrDefault(number);
}
