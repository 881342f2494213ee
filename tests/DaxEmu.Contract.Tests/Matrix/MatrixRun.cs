using Xunit;

namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>Tries a cell of the matrix on the contract.</summary>
internal static class MatrixRun
{
    /// <summary>What the contract does.</summary>
    internal static async Task<Cell> Observe(LayoutOperationKind kind, Overlap overlap, Policy policy)
    {
        (bool waits, Answer whenReleased, _) = await Try(kind, overlap, policy, holdersObey: true);
        (bool waitsAgain, Answer whenKept, RegionFate[] regions) = await Try(kind, overlap, policy, holdersObey: false);
        Assert.Equal(waits, waitsAgain);
        return new(waits, whenReleased, whenKept, regions);
    }

    private static async Task<(bool Waits, Answer Answer, RegionFate[] Regions)> Try(
        LayoutOperationKind kind, Overlap overlap, Policy policy, bool holdersObey)
    {
        World world = new() { PolicyInForce = policy, Facts = new(Overlap.FileSize, OpenForWriting: true) };
        List<Pin> pins = [];
        foreach (PinnedBytes bytes in overlap.Pins)
        {
            FileIdentity file = bytes.OfAnotherFile ? World.OtherFile : World.File;
            PinAccess access = bytes.Is == PinnedAs.Reader ? PinAccess.Read : PinAccess.Read | PinAccess.Write;
            PinRequest wish = World.Wish(bytes.Start, bytes.End, access, file, bytes.Process) with
            {
                Kind = bytes.Is == PinnedAs.OnDemand ? PinKind.Odp : PinKind.LongTerm,
            };
            PinDecision granted = await world.Contract.PinAsync(
                wish, () => world.Facts with { OpenForWriting = bytes.Is != PinnedAs.Reader }, World.Token);
            pins.Add(granted.Pin!);
        }

        ByteRange range = LayoutReaches.RangeOf(kind, overlap.Offset, overlap.Length);
        Task<LayoutDecision> asked = world.Ask(kind, range).AsTask();
        bool waits = !asked.IsCompleted;
        if (waits && holdersObey)
        {
            // The holders learn of it: under the lease policies those of the pins in the way, and nobody else.
            Assert.Equal(
                policy == Policy.Wait ? [] : overlap.InTheWay.Select(met => pins[met].Id),
                world.Holders.Notices.Select(notice => notice.Pin.Id).Order());
            pins.Where(pin => !pin.Yields).ToList().ForEach(world.Contract.Unpin);
        }
        else if (waits)
        {
            TimeSpan patience = policy == Policy.Wait ? World.Limits.WaitLimit : World.Limits.LeaseBreakTime;
            world.Clock.Advance(patience - TimeSpan.FromTicks(1));
            Assert.False(asked.IsCompleted);
            world.Clock.Advance(TimeSpan.FromTicks(1));
        }

        LayoutDecision decision = await asked;
        AssertHeldUp(world, range, decision.Verdict == LayoutVerdict.Proceed);
        decision.Dispose();
        return (waits, Answer.Of(decision), [.. pins.Select(pin => FateOf(world, pin, range))]);
    }

    // While an operation that proceeds is under way, and only then, a pin on its range has to wait.
    private static void AssertHeldUp(World world, ByteRange range, bool proceeds)
    {
        ByteRange inTheFile = range.IntersectWith(new(0, Overlap.FileSize));
        if (inTheFile.IsEmpty)
        {
            return;
        }

        using CancellationTokenSource given = new();
        Task<PinDecision> pin = world.AskPin(inTheFile.Start, inTheFile.Start + 1, given.Token).AsTask();
        Assert.Equal(proceeds, !pin.IsCompleted);
        given.Cancel();
    }

    private static RegionFate FateOf(World world, Pin pin, ByteRange operation)
    {
        bool isKilled = world.Holders.Deeds.Contains($"kill {pin.Id}");
        bool isRevoked = world.Holders.Deeds.Contains($"revoke {pin.Id}");
        bool isHeld = world.Contract.PinsOf(pin.Request.File).Contains(pin);
        ByteRange[] lost = [.. world.Journal.Of().OfType<PinInvalidated>().Where(e => e.Pin == pin).Select(e => e.Range)];
        if (lost.Length > 0)
        {
            Assert.Equal([pin.Request.Range.IntersectWith(operation)], lost);
        }

        bool isOrphaned = world.Journal.Of().OfType<PagesOrphaned>().Any(e => e.Pin == pin);
        return (isKilled, isRevoked, isHeld, lost.Length) switch
        {
            (false, false, true, 0) when isOrphaned => RegionFate.Orphaned,
            (false, false, true, 0) => RegionFate.Kept,
            (false, false, true, 1) => RegionFate.Invalidated,
            (false, true, false, 0) => RegionFate.Revoked,
            (true, true, false, 0) => RegionFate.Killed,
            // Given back.
            (false, false, false, 0) => RegionFate.Kept,
            (_, _, _, _) => throw new InvalidOperationException(
                $"pin {pin.Id}: killed {isKilled}, revoked {isRevoked}, held {isHeld}, invalidated {lost.Length} times"),
        };
    }
}
