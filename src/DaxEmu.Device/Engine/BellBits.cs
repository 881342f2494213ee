using System.Numerics;

namespace DaxEmu.Device;

/// <summary>
/// A set of queue pair handles that one side adds to and the other empties, without a lock: a bit for each, and a summary bit for each
/// word of 64. The order is that of struct daxemu_doorbell (daxemu/device.h): bit, then summary; emptied the other way round.
/// </summary>
internal readonly unsafe struct BellBits(ulong* summary, ulong* bits)
{
    /// <summary>Words of the summary.</summary>
    public const int SummaryWords = Abi.daxemu_device.DAXEMU_DOORBELL_QPS / 64 / 64;

    /// <summary>Words of bits.</summary>
    public const int BitWords = Abi.daxemu_device.DAXEMU_DOORBELL_QPS / 64;

    /// <summary>True when no handle is in the set. One that is being added may be missed.</summary>
    public bool IsEmpty
    {
        get
        {
            ulong any = 0;
            for (int i = 0; i < SummaryWords; i++)
            {
                any |= Volatile.Read(ref summary[i]);
            }

            return any == 0;
        }
    }

    /// <summary>Adds a handle. A full barrier: what follows is ordered after it.</summary>
    public void Add(uint handle)
    {
        Interlocked.Or(ref bits[handle / 64], 1UL << (int)(handle % 64));
        Interlocked.Or(ref summary[handle / 64 / 64], 1UL << (int)(handle / 64 % 64));
    }

    /// <summary>Takes the words that have bits out of a word of the summary.</summary>
    public ulong TakeSummary(int index) => Volatile.Read(ref summary[index]) == 0 ? 0 : Interlocked.Exchange(ref summary[index], 0);

    /// <summary>Takes a word of bits.</summary>
    public ulong TakeBits(int word) => Interlocked.Exchange(ref bits[word], 0);

    /// <summary>Takes the lowest bit out of a word that is not 0.</summary>
    public static int TakeLowest(ref ulong word)
    {
        int lowest = BitOperations.TrailingZeroCount(word);
        word &= word - 1;
        return lowest;
    }
}
