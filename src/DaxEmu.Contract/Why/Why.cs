namespace DaxEmu.Contract;

/// <summary>Answers "why is my truncate failing?" from what was decided and what is held.</summary>
public static class Why
{
    /// <summary>Explains a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">The name it is asked by.</param>
    /// <param name="events">Its events, by sequence (<see cref="IContractJournal.Of"/>).</param>
    /// <param name="held">The pins held on it now (<see cref="IFileContract.PinsOf"/>).</param>
    /// <param name="policy">The policy in force for it now (<see cref="IPolicySource.Resolve"/>).</param>
    public static WhyAnswer Explain(
        FileIdentity file, string path, IReadOnlyList<ContractEvent> events, IReadOnlyList<Pin> held, PolicySetting policy)
    {
        LayoutDecided? decided = events.OfType<LayoutDecided>().LastOrDefault();
        ByteRange range = decided?.Operation.Range ?? ByteRange.From(0);
        List<Pin> inTheWay = [.. held.Where(p => p.Request.Range.Overlaps(range))];
        List<WhyBreach> breaches = [.. events.OfType<Breach>().Select(Describe)];

        return new(
            file,
            path,
            decided is null ? null : Describe(decided),
            Pins(decided, inTheWay, events),
            inTheWay.Count,
            policy,
            events.OfType<PinRefused>().Select(Describe).LastOrDefault(),
            breaches,
            [.. WhyAdvice.For(path, decided, inTheWay, policy, breaches.Count)]);
    }

    private static List<WhyPin> Pins(LayoutDecided? decided, List<Pin> inTheWay, IReadOnlyList<ContractEvent> events)
    {
        Dictionary<long, DateTimeOffset> released = [];
        foreach (PinReleased release in events.OfType<PinReleased>())
        {
            released[release.Pin.Id] = release.At;
        }

        HashSet<long> heldNow = [.. inTheWay.Select(p => p.Id)];
        return
        [
            .. (decided?.Pins ?? []).Concat(inTheWay)
                .DistinctBy(p => p.Id)
                .Take(WhyAnswer.MaxPins)
                .Select(p => Describe(p, heldNow.Contains(p.Id), released.TryGetValue(p.Id, out DateTimeOffset at) ? at : null)),
        ];
    }

    private static WhyOperation Describe(LayoutDecided decided) => new(
        decided.At,
        decided.Operation.Kind,
        decided.Operation.Range,
        decided.Operation.Path,
        decided.Operation.Requester,
        decided.Verdict,
        decided.Errno,
        Errno.NameOf(decided.Errno),
        decided.PinCount,
        decided.Policy);

    private static WhyPin Describe(Pin pin, bool isHeld, DateTimeOffset? releasedAt) => new(
        pin.Id,
        pin.Request.Range,
        pin.Request.Access,
        pin.Request.Kind,
        pin.Request.Mapping,
        pin.Request.Region,
        pin.Request.Owner,
        pin.Since,
        isHeld,
        isHeld ? null : releasedAt);

    private static WhyRefusedPin Describe(PinRefused refused) => new(
        refused.At, refused.Request.Range, refused.Request.Owner, refused.Errno, Errno.NameOf(refused.Errno), refused.Reason);

    private static WhyBreach Describe(Breach breach) => new(
        breach.At, breach.Pin.Id, breach.Pin.Request.Region, breach.Pin.Request.Owner, breach.Range, breach.Evidence);
}
