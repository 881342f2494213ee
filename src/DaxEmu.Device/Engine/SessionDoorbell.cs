using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>
/// The doorbell memory of one open device file (struct daxemu_doorbell), and the queue pairs behind its bits. The session adds and removes
/// queue pairs, the client rings, a worker collects.
/// </summary>
internal sealed unsafe class SessionDoorbell : IDisposable
{
    private const int WordBits = 64;

    private readonly MemoryMapping _mapping;
    private readonly daxemu_doorbell* _shared;

    // Ours alone: what the client cannot take back. Managed memory, so that a late kick finds it even after Dispose.
    private readonly ulong[] _kicks = GC.AllocateArray<ulong>(BellBits.SummaryWords + BellBits.BitWords, pinned: true);
    private readonly BellBits _rung;
    private readonly BellBits _kicked;

    // A row for each word of bits, made when the first handle of the word is: handles are the lowest that are free.
    private readonly ScheduledQueuePair?[]?[] _queuePairs = new ScheduledQueuePair?[BellBits.BitWords][];
    private volatile EngineWorker? _worker;

    /// <summary>Makes the memory and its eventfd.</summary>
    /// <param name="token">Tells it from the worker's others; not 0.</param>
    /// <exception cref="Linux.LinuxException">EMFILE, ENOMEM.</exception>
    public SessionDoorbell(ulong token)
    {
        Token = token;
        File = MemoryFile.CreateSealed("daxemu-doorbell", Length);
        try
        {
            _mapping = MemoryMapping.Map(File, 0, Length, MemoryProtection.ReadWrite);
            Wake = new EventDescriptor();
        }
        catch
        {
            _mapping?.Dispose();
            File.Dispose();
            throw;
        }

        _shared = (daxemu_doorbell*)_mapping.Address;
        _rung = new BellBits((ulong*)&_shared->summary, (ulong*)&_shared->bits);
        ulong* kicks = (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_kicks));
        _kicked = new BellBits(kicks, kicks + BellBits.SummaryWords);
    }

    /// <summary>Bytes of the memory.</summary>
    public static int Length => Unsafe.SizeOf<daxemu_doorbell>();

    /// <summary>Tells it from the worker's others.</summary>
    public ulong Token { get; }

    /// <summary>The memory, to be passed to the client.</summary>
    public SafeFileHandle File { get; }

    /// <summary>What the client signals when the worker sleeps.</summary>
    public EventDescriptor Wake { get; }

    /// <summary>The worker that collects; null before and after.</summary>
    public EngineWorker? Worker
    {
        get => _worker;
        set => _worker = value;
    }

    /// <summary>The queue pairs with work; the worker's.</summary>
    public ReadyQueue Ready { get; } = new();

    /// <summary>True when nobody rang.</summary>
    public bool IsQuiet => _rung.IsEmpty && _kicked.IsEmpty;

    /// <summary>Tells the client whether it must signal <see cref="Wake"/> after ringing.</summary>
    public void SetAsleep(bool asleep) => Volatile.Write(ref _shared->worker_asleep, asleep ? 1u : 0);

    /// <summary>Shows the client a queue pair's state.</summary>
    /// <param name="handle">The queue pair.</param>
    /// <param name="state">IBV_QPS_*.</param>
    public void ShowState(uint handle, uint state) => Volatile.Write(ref ((byte*)&_shared->qp_state)[handle], (byte)state);

    /// <summary>From now on the handle's bit means this queue pair.</summary>
    public void Add(uint handle, ScheduledQueuePair qp)
    {
        ref ScheduledQueuePair?[]? row = ref _queuePairs[handle / WordBits];
        if (row is null)
        {
            Volatile.Write(ref row, new ScheduledQueuePair?[WordBits]);
        }

        Volatile.Write(ref row[handle % WordBits], qp);
    }

    /// <summary>From now on the handle's bit means nothing.</summary>
    public void Remove(uint handle)
    {
        ref ScheduledQueuePair? place = ref _queuePairs[handle / WordBits]![handle % WordBits];
        if (place is { } qp)
        {
            qp.IsGone = true;
            Volatile.Write(ref place, null);
        }
    }

    /// <summary>Rings for the client: from any thread.</summary>
    public void Kick(uint handle)
    {
        _kicked.Add(handle);
        _worker?.WakeIfAsleep();
    }

    /// <summary>
    /// Waits until the worker has carried out what was posted so far, unless it waits for a peer: in the kernel's driver a post is carried
    /// out before the next command begins. A client that goes on posting from other threads waits the whole time.
    /// </summary>
    /// <param name="longest">Nanoseconds.</param>
    public void WaitUntilServed(long longest)
    {
        long deadline = Clock.Now + longest;
        SpinWait spin = new();
        while (_worker is { } worker && Clock.Now < deadline)
        {
            worker.WaitForPass();
            if (IsQuiet && Ready.Count == 0)
            {
                return;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Moves the queue pairs that were rung for to the worker's queue.</summary>
    /// <returns>True when there was one.</returns>
    public bool Collect(SessionTurns ready) => Collect(_rung, ready) | Collect(_kicked, ready);

    /// <summary>Unmaps it. No worker may have it any more.</summary>
    public void Dispose()
    {
        _mapping.Dispose();
        Wake.Dispose();
        File.Dispose();
    }

    private bool Collect(BellBits bells, SessionTurns ready)
    {
        bool any = false;
        for (int i = 0; i < BellBits.SummaryWords; i++)
        {
            for (ulong words = bells.TakeSummary(i); words != 0;)
            {
                int word = (i * WordBits) + BellBits.TakeLowest(ref words);
                ScheduledQueuePair?[]? row = Volatile.Read(ref _queuePairs[word]);
                for (ulong bits = bells.TakeBits(word); bits != 0;)
                {
                    int bit = BellBits.TakeLowest(ref bits);
                    if (row is not null && Volatile.Read(ref row[bit]) is { } qp)
                    {
                        ready.Add(qp);
                        any = true;
                    }
                }
            }
        }

        return any;
    }
}
