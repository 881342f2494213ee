using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    // While a registration waits for a layout operation to end, this often the client is looked after.
    private static readonly TimeSpan Attention = TimeSpan.FromMilliseconds(50);

    // A file of huge pages can be mapped only at addresses that suit them: the client's mapping did, so alike by this number.
    private const nuint HugePage = 2 << 20;

    private readonly HandleTable<MemoryRegion> _regions = new(int.MaxValue);
    private readonly Dictionary<uint, RegionCharge> _charges = [];
    private ulong _registeredBytes;

    /// <summary>reg_mr: finds out what the memory is, asks for the pins, maps it.</summary>
    public NicResult RegisterRegion(ref Command command)
    {
        ib_uverbs_reg_mr request = command.Read<ib_uverbs_reg_mr>();
        if (!_domains.TryGet(request.pd_handle, out ProtectionDomain? domain))
        {
            return new NicError(EINVAL, $"there is no protection domain {request.pd_handle}");
        }

        // As the drivers that have no IB_ODP_SUPPORT_IMPLICIT: mlx5's create_user_odp_mr, rxe's rxe_odp_mr_init_user.
        if (request is { start: 0, length: ulong.MaxValue })
        {
            return new NicError(
                EINVAL,
                "a memory region over all of the address space (addr NULL, length SIZE_MAX: implicit on-demand paging) cannot be had, "
                    + "as the device's capabilities say (no IBV_ODP_SUPPORT_IMPLICIT): register each buffer, with IBV_ACCESS_ON_DEMAND where it is not to be pinned");
        }

        if ((request.start ^ request.hca_va) % (uint)Environment.SystemPageSize != 0)
        {
            return new NicError(EINVAL, $"start 0x{request.start:x} and hca_va 0x{request.hca_va:x} differ in their offset into a page");
        }

        if (command.Segments.Length is 0 or > DAXEMU_MAX_FDS || command.Descriptors.Count != command.Segments.Length)
        {
            return new NicError(
                EINVAL,
                $"a memory region is 1 to {DAXEMU_MAX_FDS} segments, each with a descriptor; "
                    + $"{command.Segments.Length} segments and {command.Descriptors.Count} descriptors came");
        }

        bool isUnmapped = IsProcessMemory(command.Segments);
        if (isUnmapped && command.Segments.Length != 1)
        {
            return new NicError(EINVAL, "memory of the process itself is one segment, which holds the whole region");
        }

        bool writes = (request.access_flags & IBV_ACCESS_LOCAL_WRITE) != 0;
        NicResult<daxemu_segment[]> segments = ClientSegments.Cut(
            command.Segments, request.start, request.length, writes ? PROT_READ | PROT_WRITE : PROT_READ);
        if (!segments.IsOk)
        {
            return segments.Error;
        }

        // Each segment is a mapping of the daemon, of which a process may have only so many: each counts.
        using Rollback rollback = new();
        for (int i = 0; i < segments.Value.Length; i++)
        {
            if (TakeObject(rollback) is { IsOk: false } refusal)
            {
                return refusal;
            }
        }

        if (isUnmapped)
        {
            return RegisterUnmapped(domain, request, segments.Value[0], command.Descriptors[0], rollback, ref command);
        }

        List<RegionPart> parts = new(segments.Value.Length);
        try
        {
            NicResult resolved = Resolve(segments.Value, command.Descriptors, request, writes, parts);
            return resolved.IsOk ? Register(domain, request, parts, writes, rollback, ref command) : resolved;
        }
        finally
        {
            parts.ForEach(part => part.Memory.Dispose());
        }
    }

    /// <summary>dereg_mr.</summary>
    public NicResult DeregisterRegion(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_dereg_mr>().mr_handle;
        if (!_regions.TryGet(handle, out MemoryRegion? region))
        {
            return new NicError(ENOENT, $"there is no memory region {handle}");
        }

        NicResult gone = Nic.Deregister(region);
        if (gone.IsOk)
        {
            _regions.Remove(handle);
            _registeredBytes -= region.Length;
            _quota.ReturnRegisteredBytes((long)region.Length);
            ReturnCharge(handle);
        }

        return gone;
    }

    private void ReturnCharge(uint handle)
    {
        _charges.Remove(handle, out RegionCharge charge);
        _services.Locked.Return(_identity.Client.ProcessId, charge.LockedBytes);
        for (int i = 0; i < charge.Segments; i++)
        {
            _quota.ReturnObject();
        }
    }

    private static bool IsOnDemand(in ib_uverbs_reg_mr request) => (request.access_flags & IBV_ACCESS_ON_DEMAND) != 0;

    // Whole pages: what a pin of them would hold.
    private static long LockedBytesOf(ulong start, ulong length) =>
        (long)Math.Min(PageRounding.Touched(ByteRange.OfLength(start, length)).Length, long.MaxValue / 2);

    private static bool IsDurable(in ib_uverbs_reg_mr request) => (request.access_flags & IB_UVERBS_ACCESS_FLUSH_PERSISTENT) != 0;

    private NicResult Resolve(
        daxemu_segment[] segments, IReadOnlyList<SafeFileHandle> descriptors, in ib_uverbs_reg_mr request, bool writes, List<RegionPart> parts)
    {
        ulong start = 0UL;
        for (int i = 0; i < segments.Length; i++)
        {
            NicResult<ResolvedMemory> resolved = _services.Resolver.Resolve(descriptors[i], segments[i], _identity.Client);
            if (!resolved.IsOk)
            {
                return resolved.Error;
            }

            if (IsDurable(request) && DescriptorStatus.IsInMemory(resolved.Value.File))
            {
                using ResolvedMemory memory = resolved.Value;
                return new NicError(
                    EINVAL, $"{memory.Path} lies in memory (memfd, tmpfs or hugetlbfs), so IBV_ACCESS_FLUSH_PERSISTENT cannot be granted");
            }

            parts.Add(new RegionPart(resolved.Value, start, segments[i].length));
            if (resolved.Value.Identity is null && CheckUnpinned(resolved.Value, segments[i].length, writes, IsOnDemand(request)) is { } refusal)
            {
                return refusal;
            }

            start += segments[i].length;
        }

        return NicResult.Ok;
    }

    private NicResult Register(
        ProtectionDomain domain, ib_uverbs_reg_mr request, List<RegionPart> parts, bool writes, Rollback rollback, ref Command command)
    {
        RegionPinRequest[] pins = [.. parts.Where(p => p.Memory.Identity is not null).Select(PinOf)];
        return Register(
            domain, request, pins, held => MapFiles(parts, held, request, writes), parts.Count, rollback, ref command);
    }

    private NicResult Register(
        ProtectionDomain domain, ib_uverbs_reg_mr request, IReadOnlyList<RegionPinRequest> pins,
        Func<IReadOnlyList<RegionPin>, NicResult<RegionMapping>> map, int segments, Rollback rollback, ref Command command)
    {
        ulong length = request.length;
        // A longer one is refused by the NIC; its length is not to be added up with others'.
        long counted = (long)Math.Min(length, Nic.Options.MaxRegionBytes);
        if (_quota.TakeRegisteredBytes(counted) is { IsOk: false } overLimit)
        {
            return overLimit.Error;
        }

        rollback.Add(() => _quota.ReturnRegisteredBytes(counted));
        long locked = _services.Options.MemoryLock is null || IsOnDemand(request) ? 0 : LockedBytesOf(request.start, length);
        if (locked > 0 && _services.Locked.Take(_identity.Client.ProcessId, locked) is { IsOk: false } overLocked)
        {
            return overLocked.Error;
        }

        rollback.Add(() => _services.Locked.Return(_identity.Client.ProcessId, locked));
        NicResult<MemoryRegion> region = WaitFor(cancellation => Nic.RegisterAsync(
            domain,
            new MemoryRegionRequest(request.hca_va, length, request.access_flags, pins, map),
            cancellation));
        if (!region.IsOk)
        {
            return region.Error;
        }

        _regions.TryPeek(out uint handle);
        _regions.Add(region.Value);
        _charges.Add(handle, new(segments, locked));
        _registeredBytes += length;
        rollback.Commit();
        command.Respond(new ib_uverbs_reg_mr_resp { mr_handle = handle, lkey = region.Value.Key, rkey = region.Value.Key });
        return NicResult.Ok;
    }

    private RegionPinRequest PinOf(RegionPart part)
    {
        ResolvedMemory memory = part.Memory;
        PinRequest pin = new(
            memory.Identity!.Value, memory.Path, ByteRange.OfLength(memory.Offset, part.Length), PinAccess.None, PinKind.LongTerm,
            memory.Mapping, _identity.Owner, Region: "");
        return new RegionPinRequest(pin, memory.ReadFacts, part.Start);
    }

    // What the contract checks of a file.
    private static NicError? CheckUnpinned(ResolvedMemory memory, ulong length, bool writes, bool isOnDemand)
    {
        FileFacts facts = memory.ReadFacts();
        if (writes && !facts.OpenForWriting)
        {
            return new NicError(EFAULT, $"{memory.Path} is not open for writing");
        }

        return !isOnDemand && (memory.Offset > facts.Size || length > facts.Size - memory.Offset)
            ? new NicError(EFAULT, $"{memory.Path} has {facts.Size} bytes; the memory region would end at {memory.Offset + length}")
            : null;
    }

    // What the contract has granted says whether the files are mapped.
    private NicResult<RegionMapping> MapFiles(
        List<RegionPart> parts, IReadOnlyList<RegionPin> pins, in ib_uverbs_reg_mr request, bool writes) =>
        pins.Any(held => held.Pin.Request.Mapping == PinMapping.Bounce)
            ? Bounce(parts, pins, writes, IsDurable(request))
            : Map(parts, pins, request.start, writes, IsDurable(request));

    private NicResult<RegionMapping> Map(List<RegionPart> parts, IReadOnlyList<RegionPin> pins, ulong address, bool writes, bool isDurable)
    {
        MappingPart[] ranges = [.. parts.Select(p => new MappingPart(
            p.Memory.File, (long)p.Memory.Offset, (long)p.Length, p.Memory.Mapping == PinMapping.Sync))];
        JoinedMapping mapping;
        try
        {
            mapping = JoinedMapping.Map(ranges, writes ? MemoryProtection.ReadWrite : MemoryProtection.Read, HugePage, (nuint)address);
        }
        catch (Linux.LinuxException failure)
        {
            string files = string.Join(", ", parts.Select(p => p.Memory.Path).Distinct());
            return new NicError(failure.Errno, $"{files}: {failure.Message}");
        }

        NicResult<int> index = _services.Mappings.Add(mapping.Address, (nuint)parts.Sum(p => (long)p.Length));
        if (!index.IsOk)
        {
            mapping.Dispose();
            return index.Error;
        }

        // A flush may still be under way when the region goes: the memory stays mapped for that long.
        RegionSyncer? syncer = isDurable ? _services.Syncer : null;
        bool isSync = parts.TrueForAll(p => p.Memory.Mapping == PinMapping.Sync);
        syncer?.AddMapped(index.Value, mapping.Address, isSync, pins, mapping.Dispose);
        KeptPieces kept = new(_quota);
        return new FileRegionMapping(index.Value, mapping, kept, () =>
        {
            Action unmap = syncer?.Remove(index.Value) ?? mapping.Dispose;
            _services.Mappings.Remove(index.Value);
            unmap();
            kept.Release();
        });
    }

    // Waits on this thread. A client that dies meanwhile is noticed, and gives the wait up.
    private NicResult<T> WaitFor<T>(Func<CancellationToken, ValueTask<NicResult<T>>> start)
    {
        using CancellationTokenSource gone = new();
        ValueTask<NicResult<T>> started = start(gone.Token);
        if (started.IsCompletedSuccessfully)
        {
            return started.Result;
        }

        Task<NicResult<T>> task = started.AsTask();
        while (Task.WaitAny([task], Attention) < 0)
        {
            if (_clientIsGone())
            {
                gone.Cancel();
            }
        }

        return task.GetAwaiter().GetResult();
    }
}
