using DaxEmu.Contract;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ibv_access_flags;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    // ib_user_verbs.h, IB_UVERBS_ACCESS_OPTIONAL_RANGE: flags a device may ignore.
    internal const uint OptionalAccessFlags = 0x3ff0_0000;

    private const uint SupportedAccessFlags = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ
        | IBV_ACCESS_REMOTE_ATOMIC | IBV_ACCESS_MW_BIND | IBV_ACCESS_ZERO_BASED | IBV_ACCESS_ON_DEMAND | IBV_ACCESS_HUGETLB
        | IB_UVERBS_ACCESS_FLUSH_GLOBAL | IB_UVERBS_ACCESS_FLUSH_PERSISTENT | OptionalAccessFlags;

    private readonly IndexPool _regionIndices;
    private readonly MemoryRegion?[] _regions;
    private readonly byte[] _keyBytes;

    /// <summary>
    /// Registers memory (ibv_reg_mr_iova(3)): asks for the pins, then maps. Completes at once unless the contract lets a pin wait.
    /// </summary>
    /// <param name="domain">Its protection domain.</param>
    /// <param name="request">The wish.</param>
    /// <param name="cancellation">Gives up waiting for a pin.</param>
    /// <returns>
    /// The region; EINVAL for a range or flags that ibv_reg_mr(3) forbids, ENOMEM at the limits, or what
    /// the contract or <see cref="MemoryRegionRequest.Map"/> answered.
    /// </returns>
    public async ValueTask<NicResult<MemoryRegion>> RegisterAsync(
        ProtectionDomain domain, MemoryRegionRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(request);
        if (CheckRegistration(request) is { } refusal)
        {
            return refusal;
        }

        NicResult<uint> reserved = ReserveKey(domain);
        if (!reserved.IsOk)
        {
            return reserved.Error;
        }

        uint key = reserved.Value;
        List<RegionPin> pins = new(request.Pins.Count);
        MemoryRegion? region = null;
        try
        {
            while (true)
            {
                NicResult pinned = await PinAsync(request, key, pins, cancellation).ConfigureAwait(false);
                if (!pinned.IsOk)
                {
                    return pinned.Error;
                }

                NicResult<RegionMapping> mapped = request.Map(pins);
                if (!mapped.IsOk)
                {
                    return mapped.Error;
                }

                MemoryRegion made = new(key, domain, request, [.. pins], mapped.Value);
                Publication published = TryPublish(made);
                if (published == Publication.Done)
                {
                    return region = made;
                }

                mapped.Value.Release();
                if (published == Publication.Revoked)
                {
                    return new NicError(EAGAIN, "the file was changed while it was being registered: register it again");
                }

                // An operation takes pages that were mapped before it: asking again waits for its end.
                Unpin(pins);
                pins.Clear();
            }
        }
        finally
        {
            if (region is null)
            {
                Unpin(pins);
                ReleaseKey(domain, key);
            }
        }
    }

    /// <summary>
    /// Deregisters memory (ibv_dereg_mr(3)). When it returns no engine touches the memory any more; then it was unmapped and unpinned.
    /// Waits at most as long as a running <see cref="NicEngine.Drain"/> takes.
    /// </summary>
    /// <param name="region">The region.</param>
    /// <returns>EINVAL when it is gone already, or while a window is bound to it.</returns>
    public NicResult Deregister(MemoryRegion region)
    {
        ArgumentNullException.ThrowIfNull(region);
        lock (_lock)
        {
            if (region.IsGone)
            {
                return new NicError(EINVAL, $"memory region 0x{region.Key:x} is gone already");
            }

            // As the kernel's rxe_dereg_mr.
            if (!WindowCount.TryClose(ref _block.RegionByKey(region.Key).Windows))
            {
                return new NicError(EINVAL, $"memory region 0x{region.Key:x} still has memory windows bound to it");
            }

            region.IsGone = true;
            _regions[region.Key >> 8] = null;
            foreach (RegionPin held in region.Pins)
            {
                _regionsByPin.TryRemove(held.Pin.Id, out _);
            }

            // Pairs with the engines' look at the key: see WaitForEngines.
            Volatile.Write(ref _block.RegionByKey(region.Key).Key, 0);
        }

        _block.WaitForEngines();
        try
        {
            ReportTouched(region, 0, region.Length);
            region.FreeMarks();
            region.Mapping.Release();
        }
        finally
        {
            Unpin(region.Pins);
            ReleaseKey(region.Domain, region.Key);
        }

        return NicResult.Ok;
    }

    /// <summary>The region that has a key now, or null.</summary>
    public MemoryRegion? FindRegion(uint key)
    {
        lock (_lock)
        {
            uint index = key >> 8;
            return index < (uint)_regions.Length && _regions[index] is { } region && region.Key == key ? region : null;
        }
    }

    // The kernel's ib_check_mr_access and ib_umem_get, and the limits.
    private NicError? CheckRegistration(MemoryRegionRequest request)
    {
        if (request.Length == 0)
        {
            return new NicError(EINVAL, "a memory region has at least one byte");
        }

        if (request.Length > _options.MaxRegionBytes)
        {
            return new NicError(EINVAL, $"{request.Length} bytes are above the limit of {_options.MaxRegionBytes} for one memory region");
        }

        if (request.Iova > ulong.MaxValue - request.Length)
        {
            return new NicError(EINVAL, $"{request.Length} bytes at 0x{request.Iova:x} wrap around the address space");
        }

        uint flags = request.AccessFlags;
        if ((flags & ~SupportedAccessFlags) != 0)
        {
            return new NicError(EINVAL, $"access flags 0x{flags & ~SupportedAccessFlags:x} are unknown");
        }

        if ((flags & IB_UVERBS_ACCESS_FLUSH_PERSISTENT) != 0 && _persistence is null)
        {
            return new NicError(EINVAL, "nothing can make memory durable here: IBV_ACCESS_FLUSH_PERSISTENT cannot be granted");
        }

        const uint Remote = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC;
        if ((flags & Remote) != 0 && (flags & IBV_ACCESS_LOCAL_WRITE) == 0)
        {
            return new NicError(EINVAL, "remote write and remote atomic access need IBV_ACCESS_LOCAL_WRITE");
        }

        return null;
    }

    private NicResult<uint> ReserveKey(ProtectionDomain domain)
    {
        lock (_lock)
        {
            if (domain.IsGone)
            {
                return new NicError(EINVAL, $"protection domain {domain.Number} is gone");
            }

            if (!_regionIndices.TryTake(out uint index))
            {
                return new NicError(ENOMEM, $"all {_options.MaxMemoryRegions} memory regions are in use");
            }

            domain.Uses++;
            return (index << 8) | ++_keyBytes[index];
        }
    }

    private void ReleaseKey(ProtectionDomain domain, uint key)
    {
        lock (_lock)
        {
            domain.Uses--;
            _regionIndices.Return(key >> 8);
        }
    }

    // As many pins as are granted are added, also when one is refused.
    private async ValueTask<NicResult> PinAsync(MemoryRegionRequest request, uint key, List<RegionPin> pins, CancellationToken cancellation)
    {
        PinAccess access = PinAccess.Read | ((request.AccessFlags & IBV_ACCESS_LOCAL_WRITE) != 0 ? PinAccess.Write : PinAccess.None);
        PinKind kind = (request.AccessFlags & IBV_ACCESS_ON_DEMAND) != 0 ? PinKind.Odp : PinKind.LongTerm;
        foreach (RegionPinRequest part in request.Pins)
        {
            PinRequest wish = part.Pin with { Access = access, Kind = kind, Region = $"rkey 0x{key:x}" };
            PinDecision decision = await _contract.PinAsync(wish, part.ReadFacts, cancellation).ConfigureAwait(false);
            if (decision.Pin is null)
            {
                return new NicError(decision.Errno, decision.Reason);
            }

            pins.Add(new RegionPin(decision.Pin, part.Offset));
        }

        return NicResult.Ok;
    }

    private enum Publication
    {
        Done,

        // A pin of it was revoked meanwhile.
        Revoked,

        // Pages of it left their file meanwhile.
        Outdated,
    }

    private Publication TryPublish(MemoryRegion region)
    {
        lock (_lock)
        {
            if (region.Pins.Any(held => _revokedEarly.Contains(held.Pin.Id)))
            {
                return Publication.Revoked;
            }

            if (region.Pins.Any(held => _detachedEarly.Contains(held.Pin.Id)))
            {
                return Publication.Outdated;
            }

            foreach (RegionPin held in region.Pins)
            {
                _regionsByPin[held.Pin.Id] = region;
            }

            _regions[region.Key >> 8] = region;
            ref RegionContext entry = ref _block.RegionByKey(region.Key);
            entry.Domain = region.Domain.Number;
            entry.AccessFlags = region.AccessFlags;
            entry.Mapping = region.Mapping.Mapping;
            entry.Offset = region.Mapping.Offset;
            entry.Iova = region.Iova;
            entry.Length = region.Length;
            entry.Windows = 0;
            // Release: an engine that reads the key (acquire) sees the fields above.
            Volatile.Write(ref entry.Key, region.Key);
            return Publication.Done;
        }
    }
}
