namespace DaxEmu.Guards.Fuse;

/// <summary>A thread that takes requests up, with its buffers.</summary>
internal sealed class ServingThread
{
    private ulong _currentUnique;
    private ulong _interruptedUnique;

    internal ServingThread(string name, int bufferSize, Action<ServingThread> serve)
    {
        // On the pinned heap: the kernel copies from and to these for as long as the mount lives. And touched: it must find their pages there
        // while the process's memory map is locked (see WriteBackGate).
        Incoming = GC.AllocateUninitializedArray<byte>(bufferSize, pinned: true);
        Outgoing = GC.AllocateUninitializedArray<byte>(bufferSize, pinned: true);
        Array.Clear(Incoming);
        Array.Clear(Outgoing);
        Thread = new Thread(() => serve(this)) { Name = name, IsBackground = true };
    }

    internal Thread Thread { get; }

    internal byte[] Incoming { get; }

    internal byte[] Outgoing { get; }

    /// <summary>The request it is at, 0 for none.</summary>
    internal ulong CurrentUnique
    {
        get => Volatile.Read(ref _currentUnique);
        set => Interlocked.Exchange(ref _currentUnique, value);
    }

    /// <summary>The last request that was interrupted while this thread was at it.</summary>
    internal ulong InterruptedUnique
    {
        get => Volatile.Read(ref _interruptedUnique);
        set => Interlocked.Exchange(ref _interruptedUnique, value);
    }
}
