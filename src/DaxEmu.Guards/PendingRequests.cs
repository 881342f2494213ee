using System.Collections.Concurrent;
using DaxEmu.Guards.Fuse;

namespace DaxEmu.Guards;

/// <summary>
/// Requests that wait for the contract, and how FUSE_INTERRUPT reaches them. An interrupt may overtake its request: one for a request
/// that a thread is still taking up is left with that thread.
/// </summary>
internal sealed class PendingRequests : IDisposable
{
    private readonly ConcurrentDictionary<ulong, CancellationTokenSource> _waiting = new();
    private readonly ManualResetEventSlim _lastAnswered = new();
    private volatile bool _ending;

    /// <summary>Takes a request up.</summary>
    /// <param name="unique">Its number.</param>
    /// <param name="taker">The thread that serves it; null where no interrupt can come before this.</param>
    internal CancellationToken Add(ulong unique, ServingThread? taker)
    {
        CancellationTokenSource source = new();
        _waiting[unique] = source;

        // Pairs with Interrupt and End, which leave their word before they look here: one of the two sees the other.
        if (_ending || taker?.InterruptedUnique == unique)
        {
            source.Cancel();
        }

        return source.Token;
    }

    /// <summary>To be called once the request has been answered.</summary>
    internal void Remove(ulong unique)
    {
        if (_waiting.TryRemove(unique, out CancellationTokenSource? source))
        {
            source.Dispose();
            if (_ending && _waiting.IsEmpty)
            {
                _lastAnswered.Set();
            }
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

        Cancel(unique);
    }

    /// <summary>Ends the waiting of one request; nothing happens when it has been answered.</summary>
    internal void Cancel(ulong unique)
    {
        if (_waiting.TryGetValue(unique, out CancellationTokenSource? source))
        {
            Cancel(source);
        }
    }

    /// <summary>
    /// Ends all waiting, from now on, and returns once the last one has its answer: the guard is going away. A caller whose answer came
    /// after the connection had gone would be told of a failure, though its operation may have been carried out.
    /// </summary>
    /// <returns>False when some were still without an answer after that time.</returns>
    internal bool End(TimeSpan patience)
    {
        _ending = true;
        Interlocked.MemoryBarrier();
        foreach (CancellationTokenSource source in _waiting.Values)
        {
            Cancel(source);
        }

        return _waiting.IsEmpty || _lastAnswered.Wait(patience);
    }

    public void Dispose() => _lastAnswered.Dispose();

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
