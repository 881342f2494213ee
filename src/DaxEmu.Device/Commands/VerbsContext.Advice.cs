using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_advise_mr_advice;
using static DaxEmu.Abi.ib_uverbs_advise_mr_flag;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.uverbs_attrs_advise_mr_cmd_attr_ids;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    /// <summary>
    /// advise_mr: brings pages of regions on demand before a work request needs them. All of the list is checked first, and without
    /// IB_UVERBS_ADVISE_MR_FLAG_FLUSH that is all that can fail, as in the kernel's drivers.
    /// </summary>
    public NicResult AdviseRegion(IoctlCall call)
    {
        if (!TryHandle(call, UVERBS_ATTR_ADVISE_MR_PD_HANDLE, out uint handle) || !_domains.TryGet(handle, out ProtectionDomain? domain))
        {
            return NoObject(call, UVERBS_ATTR_ADVISE_MR_PD_HANDLE);
        }

        ulong advice = call.Read<ulong>(UVERBS_ATTR_ADVISE_MR_ADVICE);
        ulong flags = call.Read<ulong>(UVERBS_ATTR_ADVISE_MR_FLAGS);
        if (advice > IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT || (flags & ~(ulong)IB_UVERBS_ADVISE_MR_FLAG_FLUSH) != 0)
        {
            return new NicError(EOPNOTSUPP, $"advise_mr: advice {advice} with flags 0x{flags:x} is not known");
        }

        List<(MemoryRegion Region, ulong Offset, ulong Length)> ranges = [];
        foreach (ib_uverbs_sge sge in MemoryMarshal.Cast<byte, ib_uverbs_sge>(call.Data(UVERBS_ATTR_ADVISE_MR_SGE_LIST)))
        {
            MemoryRegion? region = Nic.FindRegion(sge.lkey);
            if (region is null || region.Domain != domain || (region.AccessFlags & IBV_ACCESS_ON_DEMAND) == 0)
            {
                return new NicError(EINVAL, $"advise_mr: 0x{sge.lkey:x} is the key of no region on demand in protection domain {handle}");
            }

            if (!region.TryOffset(sge.addr, sge.length, out ulong offset))
            {
                return new NicError(EINVAL, $"advise_mr: {sge.length} bytes at 0x{sge.addr:x} lie outside the region 0x{sge.lkey:x}");
            }

            if (advice == IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE && (region.AccessFlags & IBV_ACCESS_LOCAL_WRITE) == 0)
            {
                return new NicError(EPERM, $"advise_mr: the region 0x{sge.lkey:x} may not be written");
            }

            ranges.Add((region, offset, sge.length));
        }

        int failed = advice == IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT
            ? 0
            : ranges.Select(r => Prefetch(r.Region, r.Offset, r.Length, advice == IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE))
                .FirstOrDefault(errno => errno != 0);
        return failed != 0 && (flags & IB_UVERBS_ADVISE_MR_FLAG_FLUSH) != 0
            ? new NicError(failed, "advise_mr: a page could not be had: the file is shorter, or its filesystem full")
            : NicResult.Ok;
    }

    // What only copying reaches is looked up by each copy.
    private static int Prefetch(MemoryRegion region, ulong offset, ulong length, bool forWriting) =>
        region.Mapping is FileRegionMapping mapping && length > 0 ? mapping.Memory.Populate((nint)offset, (nuint)length, forWriting) : 0;
}
