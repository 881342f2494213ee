namespace DaxEmu.Nic;

/// <summary>
/// Counts the windows bound to a region. While there is one, the region cannot be deregistered; once it is being deregistered, none can
/// be bound.
/// </summary>
internal static class WindowCount
{
    /// <summary>The region is being deregistered, or is gone.</summary>
    public const int Closed = -1;

    /// <summary>Counts one more; false when the region is closed.</summary>
    public static bool TryAdd(ref int count)
    {
        while (true)
        {
            int seen = Volatile.Read(ref count);
            if (seen == Closed)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref count, seen + 1, seen) == seen)
            {
                return true;
            }
        }
    }

    /// <summary>Counts one less.</summary>
    public static void Remove(ref int count) => Interlocked.Decrement(ref count);

    /// <summary>Closes the region; false when windows are bound to it.</summary>
    public static bool TryClose(ref int count) => Interlocked.CompareExchange(ref count, Closed, 0) == 0;
}
