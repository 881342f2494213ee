using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Nic.Tests;

/// <summary>
/// All transitions between the seven states with every attribute, against the tables "QP state transition properties" of IBTA 11.2.4.2
/// for each type of service, typed here from the specification (path migration and address vectors included).
/// </summary>
public sealed class StateTableTests : IDisposable
{
    private const uint AllAttributes = (1U << 21) - 1;

    private static readonly Dictionary<(uint From, uint To), (uint Required, uint Optional)> ReliableConnection = new()
    {
        [(IBV_QPS_RESET, IBV_QPS_INIT)] = (IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS, 0),
        [(IBV_QPS_INIT, IBV_QPS_INIT)] = (0, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS),
        [(IBV_QPS_INIT, IBV_QPS_RTR)] = (
            IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER,
            IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX),
        [(IBV_QPS_RTR, IBV_QPS_RTS)] = (
            IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_TIMEOUT,
            IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_MIN_RNR_TIMER | IBV_QP_ALT_PATH | IBV_QP_PATH_MIG_STATE),
        [(IBV_QPS_RTS, IBV_QPS_RTS)] =
            (0, IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_MIN_RNR_TIMER | IBV_QP_ALT_PATH | IBV_QP_PATH_MIG_STATE),
        [(IBV_QPS_RTS, IBV_QPS_SQD)] = (0, IBV_QP_EN_SQD_ASYNC_NOTIFY),
        [(IBV_QPS_SQD, IBV_QPS_RTS)] =
            (0, IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_MIN_RNR_TIMER | IBV_QP_ALT_PATH | IBV_QP_PATH_MIG_STATE),
        [(IBV_QPS_SQD, IBV_QPS_SQD)] = (
            0,
            IBV_QP_PORT | IBV_QP_AV | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC
                | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX | IBV_QP_MIN_RNR_TIMER
                | IBV_QP_PATH_MIG_STATE),
        [(IBV_QPS_SQE, IBV_QPS_RTS)] = (0, 0),
        [(IBV_QPS_RESET, IBV_QPS_RESET)] = (0, 0),
        [(IBV_QPS_INIT, IBV_QPS_RESET)] = (0, 0),
        [(IBV_QPS_RTR, IBV_QPS_RESET)] = (0, 0),
        [(IBV_QPS_RTS, IBV_QPS_RESET)] = (0, 0),
        [(IBV_QPS_SQD, IBV_QPS_RESET)] = (0, 0),
        [(IBV_QPS_SQE, IBV_QPS_RESET)] = (0, 0),
        [(IBV_QPS_ERR, IBV_QPS_RESET)] = (0, 0),
        [(IBV_QPS_INIT, IBV_QPS_ERR)] = (0, 0),
        [(IBV_QPS_RTR, IBV_QPS_ERR)] = (0, 0),
        [(IBV_QPS_RTS, IBV_QPS_ERR)] = (0, 0),
        [(IBV_QPS_SQD, IBV_QPS_ERR)] = (0, 0),
        [(IBV_QPS_SQE, IBV_QPS_ERR)] = (0, 0),
        [(IBV_QPS_ERR, IBV_QPS_ERR)] = (0, 0),
    };

    // What differs from the above.
    private static readonly Dictionary<(uint From, uint To), (uint Required, uint Optional)> UnreliableConnection = new(ReliableConnection)
    {
        [(IBV_QPS_INIT, IBV_QPS_RTR)] = (
            IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN, IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX),
        [(IBV_QPS_RTR, IBV_QPS_RTS)] =
            (IBV_QP_SQ_PSN, IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_ALT_PATH | IBV_QP_PATH_MIG_STATE),
        [(IBV_QPS_RTS, IBV_QPS_RTS)] = (0, IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_ALT_PATH | IBV_QP_PATH_MIG_STATE),
        [(IBV_QPS_SQD, IBV_QPS_RTS)] = (0, IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_ALT_PATH | IBV_QP_PATH_MIG_STATE),
        [(IBV_QPS_SQD, IBV_QPS_SQD)] =
            (0, IBV_QP_AV | IBV_QP_ALT_PATH | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX | IBV_QP_PATH_MIG_STATE),
        [(IBV_QPS_SQE, IBV_QPS_RTS)] = (0, IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS),
    };

    private static readonly Dictionary<(uint From, uint To), (uint Required, uint Optional)> UnreliableDatagram = new(ReliableConnection)
    {
        [(IBV_QPS_RESET, IBV_QPS_INIT)] = (IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY, 0),
        [(IBV_QPS_INIT, IBV_QPS_INIT)] = (0, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY),
        [(IBV_QPS_INIT, IBV_QPS_RTR)] = (0, IBV_QP_PKEY_INDEX | IBV_QP_QKEY),
        [(IBV_QPS_RTR, IBV_QPS_RTS)] = (IBV_QP_SQ_PSN, IBV_QP_CUR_STATE | IBV_QP_QKEY),
        [(IBV_QPS_RTS, IBV_QPS_RTS)] = (0, IBV_QP_CUR_STATE | IBV_QP_QKEY),
        [(IBV_QPS_SQD, IBV_QPS_RTS)] = (0, IBV_QP_CUR_STATE | IBV_QP_QKEY),
        [(IBV_QPS_SQD, IBV_QPS_SQD)] = (0, IBV_QP_PKEY_INDEX | IBV_QP_QKEY),
        [(IBV_QPS_SQE, IBV_QPS_RTS)] = (0, IBV_QP_CUR_STATE | IBV_QP_QKEY),
    };

    private readonly Rig _rig = new();

    public void Dispose() => _rig.Dispose();

    public static TheoryData<uint, uint, uint> AllPairs()
    {
        TheoryData<uint, uint, uint> data = new();
        foreach (uint type in new[] { IBV_QPT_RC, IBV_QPT_UC, IBV_QPT_UD })
        {
            for (uint from = IBV_QPS_RESET; from <= IBV_QPS_ERR; from++)
            {
                for (uint to = IBV_QPS_RESET; to <= IBV_QPS_ERR; to++)
                {
                    data.Add(type, from, to);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(AllPairs))]
    public void A_transition_is_allowed_with_exactly_the_attributes_of_the_specification(uint type, uint from, uint to)
    {
        var specification = type switch
        {
            IBV_QPT_RC => ReliableConnection,
            IBV_QPT_UC => UnreliableConnection,
            _ => UnreliableDatagram,
        };
        bool isAllowed = specification.TryGetValue((from, to), out var rule);
        Assert.Equal(isAllowed, Modify(type, from, to, rule.Required | IBV_QP_STATE).IsOk);
        if (!isAllowed)
        {
            return;
        }

        Assert.True(Modify(type, from, to, rule.Required | rule.Optional | IBV_QP_STATE).IsOk);
        for (uint attribute = 2U; (attribute & AllAttributes) != 0; attribute <<= 1)
        {
            var without = Modify(type, from, to, (rule.Required & ~attribute) | IBV_QP_STATE);
            Assert.Equal((rule.Required & attribute) == 0, without.IsOk);
            var with = Modify(type, from, to, rule.Required | attribute | IBV_QP_STATE);
            Assert.Equal(((rule.Required | rule.Optional) & attribute) != 0, with.IsOk);
            if (!with.IsOk)
            {
                Assert.Equal(EINVAL, with.Errno);
            }
        }
    }

    [Fact]
    public void A_refusal_names_the_transition_and_what_is_missing()
    {
        var qp = _rig.NewEndpoint();
        Assert.Equal(
            "RESET to INIT needs IBV_QP_ACCESS_FLAGS, IBV_QP_PKEY_INDEX",
            qp.Modify(Rig.InitAttributes, IBV_QP_STATE | IBV_QP_PORT).Reason);
        Assert.Equal("RESET to INIT does not take IBV_QP_QKEY", qp.Modify(Rig.InitAttributes, Rig.ToInit | IBV_QP_QKEY).Reason);
        Assert.Equal("a queue pair cannot go from RESET to RTS", qp.Modify(Rig.RtsAttributes, Rig.ToRts).Reason);
        Assert.Equal("9 is no queue pair state", qp.Modify(new QpAttributes { State = 9 }, IBV_QP_STATE).Reason);
    }

    // A queue pair is put in the state by the table's own path where there is one; SQE, which reliable service never enters, by hand.
    private NicResult Modify(uint type, uint from, uint to, uint mask)
    {
        var endpoint = _rig.NewEndpoint(type: type);
        Bring(endpoint, type, from);
        var wish = Rig.RtrAttributes(endpoint.Qp.Number) with
        {
            State = to,
            CurrentState = from,
            PortNumber = 1,
            AccessFlags = Rig.AllAccess,
        };
        var result = endpoint.Modify(wish, mask);
        Assert.Equal(result.IsOk ? to : from, endpoint.State);
        Rig.Ok(_rig.Device.DestroyQueuePair(endpoint.Qp));
        Rig.Ok(_rig.Device.DestroyCompletionQueue(endpoint.SendCq.Cq));
        Rig.Ok(_rig.Device.DestroyCompletionQueue(endpoint.ReceiveCq.Cq));
        Rig.Ok(_rig.Device.DeallocateDomain(endpoint.Domain));
        return result;
    }

    private void Bring(Endpoint endpoint, uint type, uint state)
    {
        if (state is >= IBV_QPS_INIT and <= IBV_QPS_SQE)
        {
            Rig.Ok(endpoint.Modify(Rig.InitAttributes, type == IBV_QPT_UD ? Rig.DatagramToInit : Rig.ToInit));
        }

        if (state is >= IBV_QPS_RTR and <= IBV_QPS_SQE)
        {
            uint mask = type switch
            {
                IBV_QPT_RC => Rig.ToRtr,
                IBV_QPT_UC => Rig.UnreliableToRtr,
                _ => IBV_QP_STATE,
            };
            Rig.Ok(endpoint.Modify(Rig.RtrAttributes(endpoint.Qp.Number), mask));
        }

        if (state is >= IBV_QPS_RTS and <= IBV_QPS_SQE)
        {
            Rig.Ok(endpoint.Modify(Rig.RtsAttributes, type == IBV_QPT_RC ? Rig.ToRts : Rig.UnreliableToRts));
        }

        if (state == IBV_QPS_SQD)
        {
            Rig.Ok(endpoint.Modify(new QpAttributes { State = IBV_QPS_SQD }, IBV_QP_STATE));
            _rig.Engine.Drain(endpoint.Qp.Number, _rig.Now);
        }

        if (state is IBV_QPS_SQE or IBV_QPS_ERR)
        {
            _rig.Block.QpByNumber(endpoint.Qp.Number).State = state;
        }
    }
}
