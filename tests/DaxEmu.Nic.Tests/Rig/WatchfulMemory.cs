using System.Runtime.InteropServices;

namespace DaxEmu.Nic.Tests;

/// <summary>Atomic routines that count the times they were given no address. One user at a time.</summary>
internal static unsafe class WatchfulMemory
{
    private static int _calls;
    private static int _withoutAddress;

    public static GuardedMemory Routines { get; } = new(&Copy, &CompareSwap, &FetchAdd);

    public static int Calls => Volatile.Read(ref _calls);

    public static int WithoutAddress => Volatile.Read(ref _withoutAddress);

    [UnmanagedCallersOnly]
    private static int Copy(void* destination, void* source, nuint length, void** fault)
    {
        Buffer.MemoryCopy(source, destination, length, length);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int CompareSwap(ulong* target, ulong compare, ulong swap, ulong* old) => Look(target, old);

    [UnmanagedCallersOnly]
    private static int FetchAdd(ulong* target, ulong add, ulong* old) => Look(target, old);

    private static int Look(ulong* target, ulong* old)
    {
        _calls++;
        if (target is null)
        {
            _withoutAddress++;
            return GuardedMemory.DestinationFault;
        }

        *old = *target;
        return 0;
    }
}
