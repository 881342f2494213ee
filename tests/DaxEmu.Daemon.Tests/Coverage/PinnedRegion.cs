using DaxEmu.Client;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>A file that a program has registered from end to end, and a pair of queue pairs of its own to read it by.</summary>
internal sealed class PinnedRegion : IDisposable
{
    private const int Page = 4096;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly QueuePair _near;
    private readonly QueuePair _far;
    private readonly MemoryRegion _buffer;
    private readonly MemoryRegion _region;

    public PinnedRegion(RdmaDevice device, string file)
    {
        _domain = device.CreateProtectionDomain();
        _completions = device.CreateCompletionQueue(16);
        _near = _domain.CreateQueuePair(_completions);
        _far = _domain.CreateQueuePair(_completions);
        _near.Connect(_far.Address);
        _far.Connect(_near.Address);
        _buffer = _domain.Allocate(Page);
        _region = _domain.RegisterFile(file);
    }

    /// <summary>The device reads each page, as a peer would, up to the first that it cannot reach.</summary>
    /// <returns>False when there is such a page.</returns>
    public bool ReadAll()
    {
        WorkCompletion[] one = new WorkCompletion[1];
        for (ulong at = 0; at < (ulong)_region.Length; at += Page)
        {
            _near.PostRead(1, _buffer.Slice(0, Page), _region.Remote.Slice(at, Page));
            while (_completions.Poll(one) == 0)
            {
                Thread.Yield();
            }

            if (!one[0].IsSuccess)
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
        _region.Dispose();
        _buffer.Dispose();
        _completions.Dispose();
        _domain.Dispose();
    }
}
