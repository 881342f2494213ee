using System.Runtime.InteropServices;
using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>
/// The control plane: protection domains, memory regions and windows, completion queues, shared receive queues and queue pairs, and the
/// entries of the
/// <see cref="NicBlock"/> that engines see of them. Safe for any number of threads.
/// </summary>
/// <remarks>Owners are the caller's: a tag, such as an open device file, that <see cref="ReleaseOwner"/> finds objects by.</remarks>
public sealed partial class NicDevice
{
    private readonly NicOptions _options;
    private readonly NicBlock _block;
    private readonly MappingTable _mappings;
    private readonly IFileContract _contract;
    private readonly GuardedMemory _memory;
    private readonly INicEvents _events;
    private readonly IPersistence? _persistence;
    private readonly Lock _lock = new();

    /// <summary>Makes the control plane of a block; there is one, in the process that owns the NIC.</summary>
    /// <param name="options">The limits the block was made with.</param>
    /// <param name="block">Its state.</param>
    /// <param name="mappings">Where shared memory lies in this process.</param>
    /// <param name="contract">Grants pins.</param>
    /// <param name="memory">How engines of this process touch client memory.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="unmapped">How they reach client memory that is not mapped; null: they cannot.</param>
    /// <param name="persistence">Makes memory durable; null: regions that may be flushed so are refused.</param>
    public NicDevice(
        NicOptions options, NicBlock block, MappingTable mappings, IFileContract contract, GuardedMemory memory, INicEvents events,
        IUnmappedMemory? unmapped = null, IPersistence? persistence = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(block);
        _options = options;
        _block = block;
        _mappings = mappings;
        _contract = contract;
        _memory = memory;
        _events = events;
        UnmappedMemory = unmapped;
        _persistence = persistence;
        _domains = new IndexPool(1, options.MaxProtectionDomains);
        _domainObjects = [];
        _regionIndices = new IndexPool(1, options.MaxMemoryRegions);
        _regions = new MemoryRegion?[options.MaxMemoryRegions + 1];
        _windowIndices = new IndexPool((uint)options.MaxMemoryRegions + 1, options.MaxMemoryWindows);
        _windows = new MemoryWindow?[options.MaxMemoryWindows];
        _keyBytes = new byte[options.MaxMemoryRegions + options.MaxMemoryWindows + 1];
        _completionQueueIndices = new IndexPool(0, options.MaxCompletionQueues);
        _completionQueues = new CompletionQueue?[options.MaxCompletionQueues];
        _sharedReceiveQueueIndices = new IndexPool(0, options.MaxSharedReceiveQueues);
        _sharedReceiveQueues = new SharedReceiveQueue?[options.MaxSharedReceiveQueues];
        _queuePairIndices = new IndexPool(0, options.MaxQueuePairs);
        _queuePairs = new QueuePair?[options.MaxQueuePairs];
        _generations = new uint[options.MaxQueuePairs];
        _addressHandleIndices = new IndexPool(1, options.MaxAddressHandles);
        _addressHandles = new AddressHandle?[options.MaxAddressHandles + 1];
        _addressHandleBytes = new byte[options.MaxAddressHandles + 1];
        _multicastIndices = new IndexPool(0, options.MaxMulticastGroups);
        _multicastGroups = [];
    }

    /// <summary>How its engines reach client memory that is not mapped; null: they cannot.</summary>
    public IUnmappedMemory? UnmappedMemory { get; }

    /// <summary>The limits.</summary>
    public NicOptions Options => _options;

    /// <summary>Makes an engine for one thread of this process.</summary>
    /// <exception cref="InvalidOperationException">All <see cref="NicOptions.MaxEngines"/> slots are taken.</exception>
    public NicEngine CreateEngine() => new(_block, _mappings, _memory, _events, UnmappedMemory, _persistence);

    /// <summary>
    /// Tells the contract that bytes under a region's pin could not be reached: for <see cref="INicEvents.MemoryFault"/>. A region that no
    /// file backs, or that is gone, has nobody to tell.
    /// </summary>
    /// <param name="key">The region's key.</param>
    /// <param name="offset">Offset in the region of a byte that could not be reached.</param>
    /// <param name="errno">Why not, or 0.</param>
    public void ReportFault(uint key, ulong offset, int errno)
    {
        string place = $"{offset} bytes into the region";
        string problem = errno == 0 ? "past the end of the file" : $"with errno {errno} ({Marshal.GetPInvokeErrorMessage(errno)})";
        foreach ((Pin pin, ByteRange range) in PinsAt(key, offset))
        {
            if (pin.Request.Mapping == PinMapping.Bounce)
            {
                _contract.ReportFailedAccess(pin, range, errno == 0, $"a copy for rkey 0x{key:x} ended {problem}, {place}");
            }
            else
            {
                _contract.ReportBreach(pin, range, $"a work request on rkey 0x{key:x} met a page that is gone, {place}");
            }
        }
    }

    /// <summary>Likewise that bytes could not be made durable: for <see cref="INicEvents.FlushFailed"/>.</summary>
    /// <param name="key">The region's key.</param>
    /// <param name="offset">Offset in the region of the first byte that was to be.</param>
    /// <param name="errno">Why not.</param>
    public void ReportFlushFailure(uint key, ulong offset, int errno)
    {
        foreach ((Pin pin, ByteRange range) in PinsAt(key, offset))
        {
            _contract.ReportBreach(
                pin,
                range,
                $"a persistent flush of rkey 0x{key:x} failed with errno {errno}, {offset} bytes into the region: what was written may be lost");
        }
    }

    // The pins that hold a byte of a region, each with what it holds from there on.
    private List<(Pin Pin, ByteRange Range)> PinsAt(uint key, ulong offset)
    {
        List<(Pin Pin, ByteRange Range)> held = [];
        foreach ((Pin pin, ulong start) in FindRegion(key)?.Pins ?? [])
        {
            ByteRange range = pin.Request.Range;
            if (offset >= start && offset - start < range.Length)
            {
                ulong distance = offset - start;
                held.Add((pin, ByteRange.OfLength(range.Start + distance, range.Length - distance)));
            }
        }

        return held;
    }

    /// <summary>
    /// Destroys all that an owner has, as when its process died: peers of its queue pairs get errors at once. No call for this owner may
    /// be under way.
    /// </summary>
    /// <param name="owner">The tag.</param>
    public void ReleaseOwner(ulong owner)
    {
        foreach (QueuePair qp in OwnedBy(_queuePairs, q => q.Domain.Owner, owner))
        {
            _ = DestroyQueuePair(qp, abandoned: true);
        }

        foreach (CompletionQueue cq in OwnedBy(_completionQueues, c => c.Owner, owner))
        {
            _ = DestroyCompletionQueue(cq);
        }

        foreach (SharedReceiveQueue srq in OwnedBy(_sharedReceiveQueues, s => s.Domain.Owner, owner))
        {
            _ = DestroySharedReceiveQueue(srq);
        }

        foreach (MemoryWindow window in OwnedBy(_windows, w => w.Domain.Owner, owner))
        {
            _ = DeallocateWindow(window);
        }

        foreach (AddressHandle handle in OwnedBy(_addressHandles, a => a.Domain.Owner, owner))
        {
            _ = DestroyAddressHandle(handle);
        }

        foreach (MemoryRegion region in OwnedBy(_regions, r => r.Domain.Owner, owner))
        {
            _ = Deregister(region);
        }

        ProtectionDomain[] domains;
        lock (_lock)
        {
            domains = [.. _domainObjects.Where(d => d.Owner == owner)];
        }

        foreach (ProtectionDomain domain in domains)
        {
            _ = DeallocateDomain(domain);
        }
    }

    private T[] OwnedBy<T>(T?[] objects, Func<T, ulong> ownerOf, ulong owner)
        where T : class
    {
        lock (_lock)
        {
            return [.. objects.OfType<T>().Where(o => ownerOf(o) == owner)];
        }
    }
}
