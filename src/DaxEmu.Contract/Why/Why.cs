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
        ContractEvent? last = events.LastOrDefault(e => e is LayoutDecided or LayoutWaits);
        JudgedOperation? judged = last switch
        {
            LayoutDecided d => new(d.At, d.Operation, d.Pins, d.PinCount, d.Policy, d.Verdict, d.Errno, null, d.IsAvoidable),
            LayoutWaits w => new(w.At, w.Operation, w.Pins, w.PinCount, w.Policy, null, 0, w.Deadline),
            _ => null,
        };
        ByteRange range = judged?.Operation.Range ?? ByteRange.From(0);
        List<Pin> inTheWay = [.. held.Where(p => !p.Yields && p.Request.Range.Overlaps(range))];
        List<WhyBreach> breaches = [.. events.OfType<Breach>().Select(Describe)];
        List<Divergence> divergences = [.. events.OfType<Divergence>()];

        return new(
            file,
            path,
            judged is null ? null : Describe(judged),
            Pins(judged, inTheWay, events),
            inTheWay.Count,
            policy,
            events.OfType<PinRefused>().Select(Describe).LastOrDefault(),
            breaches,
            [.. divergences.TakeLast(WhyAnswer.MaxDivergences).Select(Describe)],
            divergences.Count,
            [.. WhyAdvice.For(path, judged, inTheWay, policy, breaches.Count), .. WhyAdvice.ForDivergences(divergences)]);
    }

    private static List<WhyPin> Pins(JudgedOperation? judged, List<Pin> inTheWay, IReadOnlyList<ContractEvent> events)
    {
        Dictionary<long, DateTimeOffset> released = [];
        HashSet<long> revoked = [];
        foreach (ContractEvent gone in events)
        {
            if (gone is PinReleased release)
            {
                released[release.Pin.Id] = release.At;
            }
            else if (gone is PinRevoked revocation)
            {
                released[revocation.Pin.Id] = revocation.At;
                revoked.Add(revocation.Pin.Id);
            }
        }

        HashSet<long> heldNow = [.. inTheWay.Select(p => p.Id)];
        return
        [
            .. (judged?.Pins ?? []).Concat(inTheWay)
                .DistinctBy(p => p.Id)
                .Take(WhyAnswer.MaxPins)
                .Select(p => Describe(
                    p, heldNow.Contains(p.Id), released.TryGetValue(p.Id, out DateTimeOffset at) ? at : null, revoked.Contains(p.Id))),
        ];
    }

    private static WhyOperation Describe(JudgedOperation judged) => new(
        judged.At,
        judged.Operation.Kind,
        judged.Operation.Range,
        judged.Operation.Path,
        judged.Operation.Requester,
        judged.Verdict,
        judged.WaitsUntil,
        judged.Errno,
        Errno.NameOf(judged.Errno),
        judged.PinCount,
        judged.Policy)
    {
        IsAvoidable = judged.IsAvoidable,
    };

    private static WhyPin Describe(Pin pin, bool isHeld, DateTimeOffset? releasedAt, bool isRevoked) => new(
        pin.Id,
        pin.Request.Range,
        pin.Request.Access,
        pin.Request.Kind,
        pin.Request.Mapping,
        pin.Request.Region,
        pin.Request.Owner,
        pin.Since,
        isHeld,
        isHeld ? null : releasedAt,
        isRevoked);

    private static WhyRefusedPin Describe(PinRefused refused) => new(
        refused.At, refused.Request.Range, refused.Request.Owner, refused.Errno, Errno.NameOf(refused.Errno), refused.Reason);

    private static WhyDivergence Describe(Divergence divergence) => new(
        divergence.At,
        divergence.Pin.Id,
        divergence.Pin.Request.Region,
        divergence.Pin.Request.Owner,
        divergence.Range,
        divergence.Access,
        divergence.Cause);

    private static WhyBreach Describe(Breach breach) => new(
        breach.At, breach.Pin.Id, breach.Pin.Request.Region, breach.Pin.Request.Owner, breach.Range, breach.Evidence, breach.Fate);
}
