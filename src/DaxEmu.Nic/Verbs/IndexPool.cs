namespace DaxEmu.Nic;

/// <summary>Hands out indices of a table; a freed one comes back late, so that a stale number or key meets nothing for a while.</summary>
/// <param name="first">Lowest index.</param>
/// <param name="count">How many there are.</param>
internal sealed class IndexPool(uint first, int count)
{
    // Enough that a number is not met again at once, few enough that a small working set stays in the cache.
    private const int Resting = 64;

    private readonly Queue<uint> _freed = new();
    private uint _fresh = first;

    public int InUse { get; private set; }

    public bool TryTake(out uint index)
    {
        index = 0;
        if (InUse == count)
        {
            return false;
        }

        index = _freed.Count > Resting || _freed.Count == count - InUse ? _freed.Dequeue() : _fresh++;
        InUse++;
        return true;
    }

    public void Return(uint index)
    {
        _freed.Enqueue(index);
        InUse--;
    }
}
