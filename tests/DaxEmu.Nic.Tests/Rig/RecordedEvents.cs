namespace DaxEmu.Nic.Tests;

/// <summary>What the NIC told its host, in order.</summary>
internal sealed class RecordedEvents : INicEvents
{
    private readonly Lock _lock = new();

    public List<uint> Completions { get; } = [];

    public List<(uint Type, uint Number, ulong Cookie)> Async { get; } = [];

    public HashSet<uint> Drains { get; } = [];

    public List<(uint Key, ulong Offset)> Faults { get; } = [];

    public List<(uint Key, ulong Offset, int Errno)> FlushFailures { get; } = [];

    public List<(uint Key, ulong Offset, uint Length)> Orphans { get; } = [];

    /// <summary>Called with every use of a kept page, as a host would forward it.</summary>
    public Action<uint, ulong, ulong>? OnOrphan { get; set; }

    /// <summary>Called first with every memory fault, as a host would forward it.</summary>
    public Action<uint, ulong, int>? OnFault { get; set; }

    public void CompletionEvent(uint cqNumber, ulong cookie)
    {
        lock (_lock)
        {
            Completions.Add(cqNumber);
        }
    }

    public void AsyncEvent(uint eventType, uint number, ulong cookie)
    {
        lock (_lock)
        {
            Async.Add((eventType, number, cookie));
        }
    }

    public void DrainNeeded(uint qpNumber, ulong cookie)
    {
        lock (_lock)
        {
            Drains.Add(qpNumber);
        }
    }

    public void MemoryFault(uint key, ulong offset, int errno)
    {
        lock (_lock)
        {
            Faults.Add((key, offset));
        }

        OnFault?.Invoke(key, offset, errno);
    }

    public void FlushFailed(uint key, ulong offset, int errno)
    {
        lock (_lock)
        {
            FlushFailures.Add((key, offset, errno));
        }
    }

    public void OrphanTouched(uint key, ulong offset, uint length)
    {
        lock (_lock)
        {
            Orphans.Add((key, offset, length));
        }

        OnOrphan?.Invoke(key, offset, length);
    }
}
