using System.Collections.Concurrent;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// Requests that wait for the contract, and how FUSE_INTERRUPT reaches them. An interrupt may overtake its request: one for a request
/// that a thread is still taking up is left with that thread.
/// </summary>
internal sealed class PendingRequests
{
    private readonly ConcurrentDictionary<ulong, CancellationTokenSource> _waiting = new();

    internal CancellationToken Add(ulong unique, ServingThread taker)
    {
        CancellationTokenSource source = new();
        _waiting[unique] = source;

        // Pairs with Interrupt, which leaves its word before it looks here: one of the two sees the other.
        if (taker.InterruptedUnique == unique)
        {
            source.Cancel();
        }

        return source.Token;
    }

    internal void Remove(ulong unique)
    {
        if (_waiting.TryRemove(unique, out CancellationTokenSource? source))
        {
            source.Dispose();
        }
    }

    internal void Interrupt(ulong unique, IReadOnlyList<ServingThread> threads)
    {
        foreach (ServingThread thread in threads)
        {
            if (thread.CurrentUnique == unique)
            {
                thread.InterruptedUnique = unique;
            }
        }

        if (_waiting.TryGetValue(unique, out CancellationTokenSource? source))
        {
            Cancel(source);
        }
    }

    /// <summary>Ends all waiting: the guard is going away.</summary>
    internal void InterruptAll()
    {
        foreach (CancellationTokenSource source in _waiting.Values)
        {
            Cancel(source);
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was decided at this moment.
        }
    }
}
