namespace DaxEmu.Nic;

/// <summary>
/// A window's entry changes on the data path, while engines look at it: a number that is odd while it changes (a sequence lock). Readers
/// write nothing, so that a window costs them no shared cache line. Never held across a copy, an event or another lock.
/// </summary>
internal static class WindowLock
{
    /// <summary>Begins to change the entry.</summary>
    public static void Enter(ref uint version)
    {
        SpinWait spin = new();
        while (true)
        {
            uint seen = Volatile.Read(ref version);
            // A full barrier: the changes come after it.
            if ((seen & 1) == 0 && Interlocked.CompareExchange(ref version, seen + 1, seen) == seen)
            {
                return;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Ends the change. Release: who reads the number that is written here sees the changes.</summary>
    public static void Leave(ref uint version) => Volatile.Write(ref version, version + 1);

    /// <summary>A copy of the entry, of which all fields belong together.</summary>
    public static RegionContext Read(ref RegionContext entry)
    {
        SpinWait spin = new();
        while (true)
        {
            uint before = Volatile.Read(ref entry.Version);
            if ((before & 1) == 0)
            {
                RegionContext copy = entry;
                // The fields are loaded before the number is again: pairs with the barrier in Enter.
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref entry.Version) == before)
                {
                    return copy;
                }
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}
