namespace DaxEmu.Device;

/// <summary>
/// Decides whether a worker without work looks on or sleeps. It yields between two looks: a client that shares its processor could not go
/// on otherwise. But a processor that others want as well comes back only milliseconds later, while a thread that is woken gets it at
/// once: so where a yield took long, it is better to sleep for some time, without looking on before.
/// </summary>
/// <param name="nanoseconds">How long to look on without work.</param>
internal sealed class IdleSpin(long nanoseconds)
{
    // Longer than a yield to nobody and a client's few microseconds of work; shorter than a time slice.
    private const long LongYield = 500_000;

    private const long ShortestRest = 10_000_000;
    private const long LongestRest = 1_000_000_000;

    private long _lastWork;
    private long _rest;
    private long _restUntil;

    /// <summary>There was work.</summary>
    public void Worked() => _lastWork = Clock.Now;

    /// <summary>There was none.</summary>
    /// <returns>True when it is worth looking again; false to sleep.</returns>
    public bool LookOn()
    {
        long now = Clock.Now;
        if (now < _restUntil)
        {
            return false;
        }

        if (now - _lastWork >= nanoseconds)
        {
            _rest /= 2;
            return false;
        }

        Thread.Yield();
        if (Clock.Now - now < LongYield)
        {
            return true;
        }

        _rest = Math.Clamp(2 * _rest, ShortestRest, LongestRest);
        _restUntil = now + _rest;
        return true;
    }
}
