using System.Collections.Concurrent;
using DaxEmu.Contract;
using DaxEmu.Linux.Processes;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// Punches through mappings that were allowed. Nothing tells their end, so a decision is kept until its thread is seen doing something
/// else, or for a second.
/// </summary>
internal sealed class PunchesUnderWay
{
    private const long Patience = 1000;
    private readonly ConcurrentDictionary<int, (BlockedSystemCall Call, LayoutDecision Decision, long Since)> _byThread = new();

    internal bool IsEmpty => _byThread.IsEmpty;

    internal void Begin(int thread, BlockedSystemCall call, LayoutDecision decision)
    {
        End(thread);
        _byThread[thread] = (call, decision, Environment.TickCount64);
    }

    /// <summary>A thread that asks again has ended what it was at.</summary>
    internal void End(int thread)
    {
        if (_byThread.TryRemove(thread, out var punch))
        {
            punch.Decision.Dispose();
        }
    }

    internal void EndFinished()
    {
        foreach ((int thread, var punch) in _byThread)
        {
            BlockedSystemCall now = BlockedSystemCall.Of(thread);
            if ((!now.IsRunning && !now.IsSameAs(punch.Call)) || Environment.TickCount64 - punch.Since > Patience)
            {
                End(thread);
            }
        }
    }

    internal void EndAll()
    {
        foreach (int thread in _byThread.Keys)
        {
            End(thread);
        }
    }
}
