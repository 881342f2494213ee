namespace DaxEmu.Nic;

/// <summary>A time in which nothing is read from or written to the regions of some protection domains. Dispose it to end it.</summary>
public sealed class NicPause : IDisposable
{
    private readonly NicBlock _block;
    private readonly uint[] _domains;
    private int _isOver;

    internal NicPause(NicBlock block, uint[] domains, CancellationToken limit)
    {
        _block = block;
        _domains = domains;
        block.Pause(domains, limit);
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            _block.Resume(_domains);
        }
    }
}
