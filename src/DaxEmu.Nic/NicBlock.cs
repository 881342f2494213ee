using System.Runtime.CompilerServices;
using DaxEmu.Abi;

namespace DaxEmu.Nic;

/// <summary>
/// The data-path state of a NIC in one block of memory: engines, queue pairs, completion queues, shared receive queues, memory regions
/// and windows. It holds offsets and
/// indices only, so it can be a memfd that several processes map, each at its own address.
/// </summary>
public sealed unsafe partial class NicBlock
{
    private readonly byte* _base;
    private readonly EngineSlot* _engines;
    private readonly QpContext* _queuePairs;
    private readonly CqContext* _completionQueues;
    private readonly SrqContext* _sharedReceiveQueues;
    private readonly RegionContext* _regions;

    private NicBlock(byte* start)
    {
        _base = start;
        Header = *(BlockHeader*)start;
        _engines = (EngineSlot*)(start + Header.EnginesOffset);
        _queuePairs = (QpContext*)(start + Header.QpOffset);
        _completionQueues = (CqContext*)(start + Header.CqOffset);
        _sharedReceiveQueues = (SrqContext*)(start + Header.SrqOffset);
        _regions = (RegionContext*)(start + Header.RegionOffset);
        _addressHandles = (AddressHandleContext*)(start + Header.AddressHandleOffset);
        _multicastGroups = (MulticastGroup*)(start + Header.MulticastOffset);
        _multicastBuckets = (int*)(start + Header.MulticastBucketOffset);
        _gids = (GidContext*)(start + Header.GidOffset);
    }

    internal BlockHeader Header { get; }

    internal uint QpIndexMask => (1U << Header.QpIndexBits) - 1;

    /// <summary>Bytes that a block for these limits needs.</summary>
    public static nuint RequiredSize(NicOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return (nuint)BlockHeader.For(options).Length;
    }

    /// <summary>Makes an empty NIC.</summary>
    /// <param name="options">Its limits.</param>
    /// <param name="memory">Zeroed memory, aligned to 64 bytes, that outlives all use of the block.</param>
    /// <param name="length">Its bytes, at least <see cref="RequiredSize"/>.</param>
    public static NicBlock Initialise(NicOptions options, void* memory, nuint length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, RequiredSize(options));
        CheckAlignment(memory);
        *(BlockHeader*)memory = BlockHeader.For(options);
        return new NicBlock((byte*)memory);
    }

    /// <summary>Uses a NIC that another process made.</summary>
    /// <param name="memory">Where the block is mapped here.</param>
    /// <param name="length">Bytes that are mapped.</param>
    /// <exception cref="ArgumentException">There is no block of this version, or it is cut short.</exception>
    public static NicBlock Attach(void* memory, nuint length)
    {
        CheckAlignment(memory);
        if (length < (nuint)sizeof(BlockHeader) || ((BlockHeader*)memory)->Magic != BlockHeader.ExpectedMagic)
        {
            throw new ArgumentException("the memory holds no NIC block of this version", nameof(memory));
        }

        ulong whole = ((BlockHeader*)memory)->Length;
        if (whole > length)
        {
            throw new ArgumentException($"the NIC block has {whole} bytes, only {length} are mapped", nameof(length));
        }

        return new NicBlock((byte*)memory);
    }

    internal ref QpContext QpByIndex(uint index) => ref _queuePairs[index];

    /// <summary>
    /// The entry a number would have; whether it has it is for the caller to check. Any number gives an entry of the table.
    /// </summary>
    internal ref QpContext QpByNumber(uint number)
    {
        uint index = number & QpIndexMask;
        return ref _queuePairs[index < (uint)Header.QueuePairs ? index : 0];
    }

    internal ref CqContext Cq(uint index) => ref _completionQueues[index];

    internal ref SrqContext Srq(uint index) => ref _sharedReceiveQueues[index];

    /// <summary>The entry of a key; entry 0, which never holds a key, when there is none.</summary>
    internal ref RegionContext RegionByKey(uint key)
    {
        uint index = key >> 8;
        return ref _regions[index < (uint)Header.Regions ? index : 0];
    }

    /// <summary>Where the queue pair's current send work request is copied to: room for all that the limits allow.</summary>
    internal rxe_send_wqe* SendArea(uint qpIndex) =>
        (rxe_send_wqe*)(_base + Header.WorkAreaOffset + (qpIndex * Header.WorkAreaStride));

    /// <summary>Where the receive that its peer provides is copied to.</summary>
    internal rxe_recv_wqe* ReceiveArea(uint qpIndex) =>
        (rxe_recv_wqe*)(_base + Header.WorkAreaOffset + (qpIndex * Header.WorkAreaStride) + Header.ReceiveAreaOffset);

    /// <summary>True for a key that could be a window's: keys of windows and regions differ in their index.</summary>
    internal bool IsWindow(uint key) => key >> 8 >= (uint)Header.FirstWindow;

    /// <summary>Takes a window off its region and its queue pair, if it is bound; the caller holds its lock.</summary>
    internal void FreeWindow(ref RegionContext window)
    {
        if (window.RegionKey == 0)
        {
            return;
        }

        window.Key = 0;
        WindowCount.Remove(ref RegionByKey(window.RegionKey).Windows);
        window.RegionKey = 0;
        if (window.Queue != 0 && Volatile.Read(ref QpByNumber(window.Queue).Number) == window.Queue)
        {
            Interlocked.Decrement(ref QpByNumber(window.Queue).BoundWindows);
        }

        window.Queue = 0;
    }

    /// <summary>Where a queue pair keeps the receive that it took from a shared receive queue, until it is completed.</summary>
    internal rxe_recv_wqe* TakenReceive(uint qpIndex) =>
        (rxe_recv_wqe*)(_base + Header.WorkAreaOffset + (qpIndex * Header.WorkAreaStride) + Header.TakenReceiveOffset);

    internal ref EngineSlot Engine(int slot) => ref _engines[slot];

    /// <summary>Finds a free engine slot; -1 when there is none.</summary>
    internal int ClaimEngine()
    {
        for (int slot = 0; slot < Header.Engines; slot++)
        {
            if (Interlocked.CompareExchange(ref _engines[slot].InUse, 1, 0) == 0)
            {
                return slot;
            }
        }

        return -1;
    }

    internal void ReleaseEngine(int slot) => Volatile.Write(ref _engines[slot].InUse, 0);

    /// <summary>
    /// Waits until every engine that may have seen an entry valid has left its critical section. The caller has marked the entry invalid.
    /// </summary>
    /// <remarks>
    /// An engine makes its sequence odd, then (full barrier) reads entries; the caller writes an entry, then (full barrier) reads the
    /// sequences. So either the engine sees the entry invalid, or the caller sees the sequence odd and waits for it to change. The
    /// engine's release when it makes the sequence even pairs with the acquire here: its last copy is over before this returns.
    /// </remarks>
    internal void WaitForEngines() => _ = WaitForEngines(CancellationToken.None);

    /// <inheritdoc cref="WaitForEngines()"/>
    /// <param name="limit">Gives up: an engine may be held up by a store into a file whose file system waits for the caller.</param>
    /// <returns>False when it was given up.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool WaitForEngines(CancellationToken limit)
    {
        Interlocked.MemoryBarrier();
        for (int slot = 0; slot < Header.Engines; slot++)
        {
            ref ulong sequence = ref _engines[slot].Sequence;
            ulong seen = Volatile.Read(ref sequence);
            SpinWait spin = new();
            while ((seen & 1) != 0 && Volatile.Read(ref sequence) == seen)
            {
                if (limit.IsCancellationRequested)
                {
                    return false;
                }

                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        return true;
    }

    /// <summary>The number of the grace period that runs now.</summary>
    internal ulong ReadGrace() => Volatile.Read(ref ((BlockHeader*)_base)->Grace);

    /// <summary>
    /// Begins a grace period, after an entry was marked invalid: for an engine, which cannot wait for others as <see cref="WaitForEngines()"/>
    /// does, since others may be waiting for it.
    /// </summary>
    internal ulong BeginGrace() => Interlocked.Increment(ref ((BlockHeader*)_base)->Grace);

    /// <summary>True once every engine that may have seen the entry valid has left its critical section.</summary>
    /// <remarks>
    /// An engine makes its sequence odd, then (full barrier) notes the number of the grace period, then reads entries. One that noted this
    /// number, or that goes in after it was seen outside, sees the entry invalid.
    /// </remarks>
    /// <param name="grace">From <see cref="BeginGrace"/>.</param>
    /// <param name="self">Slot of the engine that asks, which uses no entry meanwhile.</param>
    internal bool HasPassed(ulong grace, int self)
    {
        for (int slot = 0; slot < Header.Engines; slot++)
        {
            ref EngineSlot engine = ref _engines[slot];
            if (slot != self && (Volatile.Read(ref engine.Sequence) & 1) != 0 && Volatile.Read(ref engine.Entered) < grace)
            {
                return false;
            }
        }

        return true;
    }

    private static void CheckAlignment(void* memory)
    {
        if (memory is null || ((nuint)memory & 63) != 0)
        {
            throw new ArgumentException("the block must lie at a multiple of 64 bytes", nameof(memory));
        }
    }
}
