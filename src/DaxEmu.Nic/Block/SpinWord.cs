namespace DaxEmu.Nic;

/// <summary>
/// A lock that is one word in shared memory. Never held across a copy, an event or another lock unless the caller only tries.
/// </summary>
internal static class SpinWord
{
    public static bool TryAcquire(ref int word) => Volatile.Read(ref word) == 0 && Interlocked.CompareExchange(ref word, 1, 0) == 0;

    public static void Acquire(ref int word)
    {
        if (TryAcquire(ref word))
        {
            return;
        }

        SpinWait spin = new();
        do
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
        while (!TryAcquire(ref word));
    }

    /// <summary>Release: what was written under the lock is seen by the next holder, whose compare-and-swap acquires.</summary>
    public static void Release(ref int word) => Volatile.Write(ref word, 0);
}
