using DaxEmu.Contract;
using DaxEmu.Daemon.Compare;

namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>What the daemon reports, event by event.</summary>
internal sealed class SoakJournal(Stage stage)
{
    private long _last;

    /// <summary>What has come since the last time, and none of it may be something that nobody asked for.</summary>
    public async Task<IReadOnlyList<ContractEvent>> NewAsync(CancellationToken patience)
    {
        List<ContractEvent> events = [.. (await stage.Admin.EventsAsync(null, patience)).Where(e => e.Sequence > _last)];
        if (events.Count > 0)
        {
            _last = events[^1].Sequence;
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
