namespace DaxEmu.Daemon.Compare;

/// <summary>Numbers that follow from a seed alone, on every machine and in every version (SplitMix64), which <see cref="Random"/> does not promise.</summary>
/// <param name="seed">Where it starts.</param>
internal sealed class SeededSequence(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A sequence of its own for each actor of an experiment.</summary>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="role">What the actor does.</param>
    /// <param name="lane">Where it does it.</param>
    public static SeededSequence For(ulong seed, ActorRole role, int lane)
    {
        SeededSequence mixed = new(seed);
        return new(mixed.Next() ^ (((ulong)role << 32) + (uint)lane));
    }

    /// <summary>The next number.</summary>
    public ulong Next()
    {
        _state += 0x9e3779b97f4a7c15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>The next number below a bound, which is far below 2^64, so that the remainder is even enough.</summary>
    public long Below(long bound) => (long)(Next() % (ulong)bound);
}
