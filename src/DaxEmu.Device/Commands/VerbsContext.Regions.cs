using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    // While a registration waits for a layout operation to end, this often the client is looked after.
    private static readonly TimeSpan Attention = TimeSpan.FromMilliseconds(50);

    private readonly HandleTable<MemoryRegion> _regions = new(int.MaxValue);
    private ulong _registeredBytes;

    /// <summary>reg_mr: finds out what the memory is, asks for the pin, maps it.</summary>
    public NicResult RegisterRegion(ref Command command)
    {
        ib_uverbs_reg_mr request = command.Read<ib_uverbs_reg_mr>();
        if (!_domains.TryGet(request.pd_handle, out ProtectionDomain? domain))
        {
            return new NicError(EINVAL, $"there is no protection domain {request.pd_handle}");
        }

        if ((request.start ^ request.hca_va) % (uint)Environment.SystemPageSize != 0)
        {
            return new NicError(EINVAL, $"start 0x{request.start:x} and hca_va 0x{request.hca_va:x} differ in their offset into a page");
        }

        if (command.Segments.Length != 1 || command.Descriptors.Count != 1)
        {
            return new NicError(
                EOPNOTSUPP,
                "a memory region is one segment of one file; "
                    + $"{command.Segments.Length} segments and {command.Descriptors.Count} descriptors came");
        }

        daxemu_segment segment = command.Segments[0];
        ulong skipped = request.start - segment.address;
        if (request.start < segment.address || skipped > segment.length || request.length > segment.length - skipped)
        {
            return new NicError(EFAULT, $"the segment does not hold the {request.length} bytes at 0x{request.start:x}");
        }

        bool writes = (request.access_flags & IBV_ACCESS_LOCAL_WRITE) != 0;
        int needed = writes ? PROT_READ | PROT_WRITE : PROT_READ;
        if ((segment.protection & needed) != needed)
        {
            return new NicError(EFAULT, "the program's mapping does not allow the access that the memory region asks for");
        }

        using Rollback rollback = new();
        if (TakeObject(rollback) is { IsOk: false } refusal)
        {
            return refusal;
        }

        NicResult<ResolvedMemory> resolved = _services.Resolver.Resolve(command.Descriptors[0], segment, _identity.Client);
        if (!resolved.IsOk)
        {
            return resolved.Error;
        }

        using ResolvedMemory memory = resolved.Value;
        if (memory.Offset > long.MaxValue || skipped + request.length > long.MaxValue - memory.Offset)
        {
            return new NicError(EINVAL, $"the memory lies past the largest file offset, at {memory.Offset}");
        }

        return Register(domain, request, memory, memory.Offset + skipped, writes, rollback, ref command);
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
            _quota.ReturnObject();
        }

        return gone;
    }

    private NicResult Register(
        ProtectionDomain domain, ib_uverbs_reg_mr request, ResolvedMemory memory, ulong offset, bool writes, Rollback rollback,
        ref Command command)
    {
        if (memory.Identity is null && CheckUnpinned(memory, offset, request.length, writes) is { } refusal)
        {
            return refusal;
        }

        PinRequest? pin = memory.Identity is not { } file
            ? null
            : new PinRequest(
                file, memory.Path, ByteRange.OfLength(offset, request.length), PinAccess.None, PinKind.LongTerm, memory.Mapping,
                _identity.Owner, Region: "");
        ulong length = request.length;
        // A longer one is refused by the NIC; its length is not to be added up with others'.
        long counted = (long)Math.Min(length, Nic.Options.MaxRegionBytes);
        if (_quota.TakeRegisteredBytes(counted) is { IsOk: false } overLimit)
        {
            return overLimit.Error;
        }

        rollback.Add(() => _quota.ReturnRegisteredBytes(counted));
        NicResult<MemoryRegion> region = WaitFor(cancellation => Nic.RegisterAsync(
            domain,
            new MemoryRegionRequest(
                request.hca_va, length, request.access_flags, pin, memory.ReadFacts, () => Map(memory, offset, length, writes)),
            cancellation));
        if (!region.IsOk)
        {
            return region.Error;
        }

        _regions.TryPeek(out uint handle);
        _regions.Add(region.Value);
        _registeredBytes += length;
        rollback.Commit();
        command.Respond(new ib_uverbs_reg_mr_resp { mr_handle = handle, lkey = region.Value.Key, rkey = region.Value.Key });
        return NicResult.Ok;
    }

    // What the contract checks of a file.
    private static NicError? CheckUnpinned(ResolvedMemory memory, ulong offset, ulong length, bool writes)
    {
        FileFacts facts = memory.ReadFacts();
        if (writes && !facts.OpenForWriting)
        {
            return new NicError(EFAULT, $"{memory.Path} is not open for writing");
        }

        return offset > facts.Size || length > facts.Size - offset
            ? new NicError(EFAULT, $"{memory.Path} has {facts.Size} bytes; the memory region would end at {offset + length}")
            : null;
    }

    private NicResult<RegionMapping> Map(ResolvedMemory memory, ulong offset, ulong length, bool writes)
    {
        MemoryProtection protection = writes ? MemoryProtection.ReadWrite : MemoryProtection.Read;
        MemoryMapping mapping;
        try
        {
            mapping = memory.Mapping == PinMapping.Sync
                ? MemoryMapping.MapSyncIfPossible(memory.File, (long)offset, (long)length, protection)
                : MemoryMapping.Map(memory.File, (long)offset, (long)length, protection);
        }
        catch (Linux.LinuxException failure)
        {
            return new NicError(failure.Errno, failure.Message);
        }

        if (memory.Mapping == PinMapping.Sync && !mapping.IsSync)
        {
            mapping.Dispose();
            return new NicError(EOPNOTSUPP, $"{memory.Path} says it is DAX, but mmap(MAP_SYNC) does not work on it");
        }

        NicResult<int> index = _services.Mappings.Add(mapping.Address, (nuint)length);
        if (!index.IsOk)
        {
            mapping.Dispose();
            return index.Error;
        }

        return new RegionMapping(index.Value, 0, () =>
        {
            _services.Mappings.Remove(index.Value);
            mapping.Dispose();
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
