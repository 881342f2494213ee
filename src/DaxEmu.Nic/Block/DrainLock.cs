namespace DaxEmu.Nic;

/// <summary>
/// The send queue's lock. Who finds it taken does not wait but leaves a note, so that a doorbell rung during another engine's last look
/// is not lost.
/// </summary>
internal static class DrainLock
{
    private const int Free = 0;
    private const int Held = 1;
    private const int HeldAndCalled = 2;

    /// <summary>Takes the lock, or tells its holder to look again.</summary>
    public static bool TryAcquire(ref int word)
    {
        while (true)
        {
            switch (Interlocked.CompareExchange(ref word, Held, Free))
            {
                case Free:
                    return true;
                case HeldAndCalled:
                    return false;
                default:
                    if (Interlocked.CompareExchange(ref word, HeldAndCalled, Held) != Free)
                    {
                        return false;
                    }

                    break;
            }
        }
    }

    /// <summary>Gives the lock back; true when another engine was turned away meanwhile.</summary>
    public static bool Release(ref int word) => Interlocked.Exchange(ref word, Free) == HeldAndCalled;
}
