using System.Runtime.InteropServices;

namespace DaxEmu.Nic.Tests;

/// <summary>Guarded memory routines over ordinary memory: pages that "vanished" are ranges registered here.</summary>
internal static unsafe class PlainMemory
{
    private static volatile (nuint Start, nuint End)[] _gone = [];

    public static GuardedMemory Routines => new(&Copy, &CompareSwap, &FetchAdd);

    /// <summary>Makes a range fault until the result is disposed.</summary>
    public static IDisposable Vanish(byte* start, nuint length)
    {
        var range = ((nuint)start, (nuint)start + length);
        lock (typeof(PlainMemory))
        {
            _gone = [.. _gone, range];
        }

        return new Undo(() =>
        {
            lock (typeof(PlainMemory))
            {
                _gone = [.. _gone.Where(g => g != range)];
            }
        });
    }

    [UnmanagedCallersOnly]
    private static int Copy(void* destination, void* source, nuint length, void** fault)
    {
        if (FirstGone(source, length, fault))
        {
            return GuardedMemory.SourceFault;
        }

        if (FirstGone(destination, length, fault))
        {
            return GuardedMemory.DestinationFault;
        }

        byte last = ((byte*)source)[length - 1];
        Buffer.MemoryCopy(source, destination, length - 1, length - 1);
        Volatile.Write(ref ((byte*)destination)[length - 1], last);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int CompareSwap(ulong* target, ulong compare, ulong swap, ulong* old)
    {
        void* fault;
        if (FirstGone(target, sizeof(ulong), &fault))
        {
            return GuardedMemory.DestinationFault;
        }

        *old = Interlocked.CompareExchange(ref *target, swap, compare);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int FetchAdd(ulong* target, ulong add, ulong* old)
    {
        void* fault;
        if (FirstGone(target, sizeof(ulong), &fault))
        {
            return GuardedMemory.DestinationFault;
        }

        *old = Interlocked.Add(ref *target, add) - add;
        return 0;
    }

    private static bool FirstGone(void* start, nuint length, void** fault)
    {
        foreach (var (from, to) in _gone)
        {
            if ((nuint)start < to && from < (nuint)start + length)
            {
                *fault = (void*)Math.Max((nuint)start, from);
                return true;
            }
        }

        return false;
    }

    private sealed class Undo(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
