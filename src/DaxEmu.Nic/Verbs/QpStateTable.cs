using System.Numerics;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Nic;

/// <summary>
/// Which transitions a queue pair of each type may make, with which attributes: IBTA 11.2.4.2, tables "QP state transition properties",
/// as the kernel's qp_state_table has them.
/// </summary>
internal static class QpStateTable
{
    private const int States = (int)IBV_QPS_ERR + 1;

    private static readonly string[] StateNames = ["RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR"];

    private static readonly string[] AttributeNames =
    [
        nameof(IBV_QP_STATE), nameof(IBV_QP_CUR_STATE), nameof(IBV_QP_EN_SQD_ASYNC_NOTIFY), nameof(IBV_QP_ACCESS_FLAGS),
        nameof(IBV_QP_PKEY_INDEX), nameof(IBV_QP_PORT), nameof(IBV_QP_QKEY), nameof(IBV_QP_AV), nameof(IBV_QP_PATH_MTU),
        nameof(IBV_QP_TIMEOUT), nameof(IBV_QP_RETRY_CNT), nameof(IBV_QP_RNR_RETRY), nameof(IBV_QP_RQ_PSN),
        nameof(IBV_QP_MAX_QP_RD_ATOMIC), nameof(IBV_QP_ALT_PATH), nameof(IBV_QP_MIN_RNR_TIMER), nameof(IBV_QP_SQ_PSN),
        nameof(IBV_QP_MAX_DEST_RD_ATOMIC), nameof(IBV_QP_PATH_MIG_STATE), nameof(IBV_QP_CAP), nameof(IBV_QP_DEST_QPN),
    ];

    // By type - IBV_QPT_RC: reliable connection, unreliable connection, unreliable datagram.
    private static readonly Rule?[][] Rules = [ReliableConnection(), UnreliableConnection(), UnreliableDatagram()];

    /// <summary>The name of a state, such as RTS; its number when there is none.</summary>
    public static string NameOf(uint state) => state < States ? StateNames[state] : $"{state}";

    /// <summary>True for the types that there are rules for: RC, UC and UD.</summary>
    public static bool Knows(uint type) => type - IBV_QPT_RC < (uint)Rules.Length;

    /// <summary>Null when a transition is allowed with these attributes; otherwise EINVAL with a sentence.</summary>
    public static NicError? Check(uint type, uint current, uint next, uint mask)
    {
        if (next >= States)
        {
            return new NicError(EINVAL, $"{next} is no queue pair state");
        }

        if (Rules[type - IBV_QPT_RC][(current * States) + next] is not { } rule)
        {
            return new NicError(EINVAL, $"a queue pair cannot go from {NameOf(current)} to {NameOf(next)}");
        }

        string step = $"{NameOf(current)} to {NameOf(next)}";
        uint missing = rule.Required & ~mask;
        if (missing != 0)
        {
            return new NicError(EINVAL, $"{step} needs {Describe(missing)}");
        }

        uint foreign = mask & ~(rule.Required | rule.Optional | IBV_QP_STATE);
        return foreign == 0 ? null : new NicError(EINVAL, $"{step} does not take {Describe(foreign)}");
    }

    private static Rule?[] ReliableConnection()
    {
        const uint InitAttributes = IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS;
        const uint RunningAttributes =
            IBV_QP_CUR_STATE | IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_MIN_RNR_TIMER | IBV_QP_PATH_MIG_STATE;
        Rule?[] rules = Common(InitAttributes, RunningAttributes);
        Allow(
            rules,
            IBV_QPS_INIT,
            IBV_QPS_RTR,
            required: IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER,
            optional: IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX);
        Allow(
            rules,
            IBV_QPS_RTR,
            IBV_QPS_RTS,
            required: IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC,
            optional: RunningAttributes);
        Allow(
            rules,
            IBV_QPS_SQD,
            IBV_QPS_SQD,
            optional: IBV_QP_PORT | IBV_QP_AV | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC
                | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX | IBV_QP_MIN_RNR_TIMER
                | IBV_QP_PATH_MIG_STATE);
        // Reached by unreliable types only; a reliable queue pair goes to ERR instead.
        Allow(rules, IBV_QPS_SQE, IBV_QPS_RTS);
        return rules;
    }

    private static Rule?[] UnreliableConnection()
    {
        const uint InitAttributes = IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS;
        const uint RunningAttributes = IBV_QP_CUR_STATE | IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PATH_MIG_STATE;
        Rule?[] rules = Common(InitAttributes, RunningAttributes);
        Allow(
            rules,
            IBV_QPS_INIT,
            IBV_QPS_RTR,
            required: IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN,
            optional: IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX);
        Allow(rules, IBV_QPS_RTR, IBV_QPS_RTS, required: IBV_QP_SQ_PSN, optional: RunningAttributes);
        Allow(
            rules,
            IBV_QPS_SQD,
            IBV_QPS_SQD,
            optional: IBV_QP_AV | IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX | IBV_QP_PATH_MIG_STATE);
        Allow(rules, IBV_QPS_SQE, IBV_QPS_RTS, optional: IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS);
        return rules;
    }

    private static Rule?[] UnreliableDatagram()
    {
        const uint RunningAttributes = IBV_QP_CUR_STATE | IBV_QP_QKEY;
        Rule?[] rules = Common(IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY, RunningAttributes);
        Allow(rules, IBV_QPS_INIT, IBV_QPS_RTR, optional: IBV_QP_PKEY_INDEX | IBV_QP_QKEY);
        Allow(rules, IBV_QPS_RTR, IBV_QPS_RTS, required: IBV_QP_SQ_PSN, optional: RunningAttributes);
        Allow(rules, IBV_QPS_SQD, IBV_QPS_SQD, optional: IBV_QP_PKEY_INDEX | IBV_QP_QKEY);
        Allow(rules, IBV_QPS_SQE, IBV_QPS_RTS, optional: RunningAttributes);
        return rules;
    }

    // What all types share but for the names of the attributes.
    private static Rule?[] Common(uint initAttributes, uint runningAttributes)
    {
        Rule?[] rules = new Rule?[States * States];
        for (uint from = IBV_QPS_RESET; from <= IBV_QPS_ERR; from++)
        {
            Allow(rules, from, IBV_QPS_RESET);
            if (from != IBV_QPS_RESET)
            {
                Allow(rules, from, IBV_QPS_ERR);
            }
        }

        Allow(rules, IBV_QPS_RESET, IBV_QPS_INIT, required: initAttributes);
        Allow(rules, IBV_QPS_INIT, IBV_QPS_INIT, optional: initAttributes);
        Allow(rules, IBV_QPS_RTS, IBV_QPS_RTS, optional: runningAttributes);
        Allow(rules, IBV_QPS_RTS, IBV_QPS_SQD, optional: IBV_QP_EN_SQD_ASYNC_NOTIFY);
        Allow(rules, IBV_QPS_SQD, IBV_QPS_RTS, optional: runningAttributes);
        return rules;
    }

    private static void Allow(Rule?[] rules, uint from, uint to, uint required = 0, uint optional = 0) =>
        rules[(from * States) + to] = new Rule(required, optional);

    private static string Describe(uint attributes)
    {
        List<string> names = new();
        for (uint rest = attributes; rest != 0; rest &= rest - 1)
        {
            int bit = BitOperations.TrailingZeroCount(rest);
            names.Add(bit < AttributeNames.Length ? AttributeNames[bit] : $"attribute 0x{1U << bit:x}");
        }

        return string.Join(", ", names);
    }

    private readonly record struct Rule(uint Required, uint Optional);
}
