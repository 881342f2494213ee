using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic;

/// <summary>
/// Binds and invalidates memory windows (IBTA 10.6.7.2): types 1 and 2B. A key that ends here is dead before anyone is told: no byte
/// changes through it after the completion.
/// </summary>
/// <param name="block">The NIC's state.</param>
/// <param name="engine">Slot of the engine that works.</param>
internal sealed class Windows(NicBlock block, int engine)
{
    // Another engine is in mid-copy; that lasts as long as one turn of its own at most.
    private const long GraceLook = 5_000;

    private const uint KeyByte = 0xff;

    private const uint SupportedAccess = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ
        | IBV_ACCESS_REMOTE_ATOMIC | IBV_ACCESS_MW_BIND | IBV_ACCESS_ZERO_BASED | IB_UVERBS_ACCESS_FLUSH_GLOBAL
        | IB_UVERBS_ACCESS_FLUSH_PERSISTENT | NicDevice.OptionalAccessFlags;

    /// <summary>Carries out IBV_WR_BIND_MW or IBV_WR_LOCAL_INV.</summary>
    public Step Run(ref QpContext qp, in rxe_send_wr work, long now)
    {
        if (qp.Operation.Grace == 0)
        {
            bool isBind = work.opcode == IBV_WR_BIND_MW;
            if (isBind ? !TryBind(ref qp, work) : !TryInvalidate(ref qp, work.ex_invalidate_rkey))
            {
                return Step.Ended(isBind ? IBV_WC_MW_BIND_ERR : IBV_WC_LOC_QP_OP_ERR);
            }

            qp.Operation.Grace = block.BeginGrace();
        }

        return block.HasPassed(qp.Operation.Grace, engine) ? Step.Ended(IBV_WC_SUCCESS) : Step.Waits(now + GraceLook);
    }

    /// <summary>
    /// Ends the key of a window of type 2 that is bound on the queue pair; false for any other key. On behalf of the peer, which alone
    /// reaches memory through it and does nothing else meanwhile, nothing need be waited for.
    /// </summary>
    /// <remarks>A region's key ends by deregistration alone: the kernel's rxe_invalidate_mr refuses those of ibv_reg_mr(3).</remarks>
    public bool TryInvalidate(ref QpContext qp, uint key)
    {
        if (!block.IsWindow(key))
        {
            return false;
        }

        ref RegionContext window = ref block.RegionByKey(key);
        WindowLock.Enter(ref window.Version);
        bool isValid = window.Key == key && window.Type == IBV_MW_TYPE_2 && window.Domain == qp.Domain && window.Queue == qp.Number;
        if (isValid)
        {
            block.FreeWindow(ref window);
        }

        WindowLock.Leave(ref window.Version);
        return isValid;
    }

    private bool TryBind(ref QpContext qp, in rxe_send_wr work)
    {
        if (!block.IsWindow(work.wr_mw_mw_rkey))
        {
            return false;
        }

        ref RegionContext window = ref block.RegionByKey(work.wr_mw_mw_rkey);
        WindowLock.Enter(ref window.Version);
        bool bound = MayBeBound(window, qp, work) && TryBindTo(ref window, ref qp, work);
        WindowLock.Leave(ref window.Version);
        return bound;
    }

    // The kernel's rxe_check_bind_mw, with its numbers of IBTA's rules; o10-36.2.2, o10-37.2.30, C10-72, o10-37.2.40. It leaves the
    // protection domain of a window of type 1 unchecked; IBTA 10.6.7.2.1 does not.
    private static bool MayBeBound(in RegionContext window, in QpContext qp, in rxe_send_wr work)
    {
        if (window.WindowKey != work.wr_mw_mw_rkey || window.Domain != qp.Domain || (work.wr_mw_access & ~SupportedAccess) != 0)
        {
            return false;
        }

        return window.Type switch
        {
            IBV_MW_TYPE_1 => (work.wr_mw_access & IBV_ACCESS_ZERO_BASED) == 0,
            IBV_MW_TYPE_2 => window.RegionKey == 0 && work.wr_mw_length != 0,
            _ => false,
        };
    }

    private bool TryBindTo(ref RegionContext window, ref QpContext qp, in rxe_send_wr work)
    {
        uint key = (work.wr_mw_mw_rkey & ~KeyByte) | (work.wr_mw_rkey & KeyByte);
        // IBTA 10.6.7.2.2: without bytes it is unbound.
        if (work.wr_mw_length == 0)
        {
            block.FreeWindow(ref window);
            window.WindowKey = key;
            return true;
        }

        uint regionKey = work.wr_mw_mr_lkey;
        ref RegionContext region = ref block.RegionByKey(regionKey);
        // The region's fields stand still until this engine's turn is over, whatever becomes of it.
        if (regionKey == 0 || block.IsWindow(regionKey) || Volatile.Read(ref region.Key) != regionKey
            || !MayHold(region, qp, work) || !WindowCount.TryAdd(ref region.Windows))
        {
            return false;
        }

        block.FreeWindow(ref window);
        window.AccessFlags = work.wr_mw_access;
        window.Mapping = region.Mapping;
        window.Offset = region.Offset + (work.wr_mw_addr - region.Iova);
        window.Iova = (work.wr_mw_access & IBV_ACCESS_ZERO_BASED) != 0 ? 0 : work.wr_mw_addr;
        window.Length = work.wr_mw_length;
        window.RegionKey = regionKey;
        window.WindowKey = window.Key = key;
        if (window.Type == IBV_MW_TYPE_2)
        {
            window.Queue = qp.Number;
            Interlocked.Increment(ref qp.BoundWindows);
        }

        return true;
    }

    // The same: C10-73, C10-74, C10-75. A window cannot promise what its region does not: no write, no persistence.
    private static bool MayHold(in RegionContext region, in QpContext qp, in rxe_send_wr work)
    {
        if (region.Domain != qp.Domain || (region.AccessFlags & (IBV_ACCESS_MW_BIND | IBV_ACCESS_ZERO_BASED)) != IBV_ACCESS_MW_BIND)
        {
            return false;
        }

        bool writes = (work.wr_mw_access & (IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC)) != 0;
        if (writes && (region.AccessFlags & IBV_ACCESS_LOCAL_WRITE) == 0)
        {
            return false;
        }

        const uint Durable = IB_UVERBS_ACCESS_FLUSH_PERSISTENT;
        if ((work.wr_mw_access & Durable) != 0 && (region.AccessFlags & Durable) == 0)
        {
            return false;
        }

        return region.TryOffset(work.wr_mw_addr, work.wr_mw_length, out _);
    }
}
