using System.Runtime.InteropServices;

namespace DaxEmu.Nic.Tests;

/// <summary>Copy routines of which the copy stops half-way until the gate opens. One user at a time.</summary>
internal static unsafe class GatedMemory
{
    private static ManualResetEventSlim _entered = new();
    private static ManualResetEventSlim _gate = new();

    public static GuardedMemory Routines { get; } = new(&Copy, &CompareSwap, &FetchAdd);

    public static void Close()
    {
        _entered = new ManualResetEventSlim();
        _gate = new ManualResetEventSlim();
    }

    public static void WaitUntilACopyIsUnderWay() => _entered.Wait();

    public static void Open() => _gate.Set();

    [UnmanagedCallersOnly]
    private static int Copy(void* destination, void* source, nuint length, void** fault)
    {
        nuint half = length / 2;
        Buffer.MemoryCopy(source, destination, half, half);
        _entered.Set();
        _gate.Wait();
        Buffer.MemoryCopy((byte*)source + half, (byte*)destination + half, length - half, length - half);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int CompareSwap(ulong* target, ulong compare, ulong swap, ulong* old) => GuardedMemory.DestinationFault;

    [UnmanagedCallersOnly]
    private static int FetchAdd(ulong* target, ulong add, ulong* old) => GuardedMemory.DestinationFault;
}
