using DaxEmu.Contract;
using DaxEmu.Daemon.Compare;

namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>What the daemon reports, event by event.</summary>
internal sealed class SoakJournal(Stage stage)
{
    private readonly List<ContractEvent> _kept = [];
    private long _last;

    /// <summary>What has come since the last time, and none of it may be something that nobody asked for.</summary>
    /// <param name="patience">Gives up.</param>
    /// <param name="isToKeepOthers">Gives only divergences, and keeps the rest for the next time.</param>
    public async Task<IReadOnlyList<ContractEvent>> NewAsync(CancellationToken patience, bool isToKeepOthers = false)
    {
        List<ContractEvent> events = [.. _kept, .. (await stage.Admin.EventsAsync(null, patience)).Where(e => e.Sequence > _last)];
        _kept.Clear();
        if (events.Count > 0)
        {
            _last = Math.Max(_last, events[^1].Sequence);
        }

        if (isToKeepOthers)
        {
            _kept.AddRange(events.Where(e => e is not Divergence));
            events.RemoveAll(e => e is not Divergence);
        }

        return events.Find(e => e is Breach) is Breach breach
            ? throw new SoakException($"reported as a change that nobody was asked about: {breach}")
            : events;
    }

    /// <summary>As <see cref="NewAsync"/>, until there is an event of a kind.</summary>
    public async Task<IReadOnlyList<ContractEvent>> UntilAsync<T>(CancellationToken patience)
        where T : ContractEvent
    {
        List<ContractEvent> events = [.. await NewAsync(patience)];
        while (!events.Exists(e => e is T))
        {
            await Task.Delay(1, patience);
            events.AddRange(await NewAsync(patience));
        }

        return events;
    }
}
