using CsCheck;
using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>The contract against a model of lists: any sequence of requests gives the same grants, waits and verdicts.</summary>
public sealed class FileContractModelTests
{
    private static readonly Gen<ByteRange> Range = Gen.OneOf(
        Gen.Select(Gen.ULong[0, 30], Gen.ULong[0, 12], ByteRange.OfLength), Gen.ULong[0, 30].Select(ByteRange.From));

    private static readonly Gen<Step[]> Steps =
        Gen.Select(Gen.Enum<StepKind>(), Range, Gen.Int[0, 1000], (kind, range, which) => new Step(kind, range, which)).Array[0, 60];

    private enum StepKind
    {
        Pin,
        Unpin,
        Request,
        EndOperation,
        GiveUp,
        Resize,
    }

    [Fact]
    public void Agrees_with_a_model_of_lists_after_every_step() => Steps.Sample(steps =>
    {
        Run run = new();
        foreach (Step step in steps)
        {
            run.Do(step);
            run.Agree(step.Range);
        }

        run.EndAll();
    });

    private sealed record Step(StepKind Kind, ByteRange Range, int Which);

    private sealed record Waiting(ByteRange Range, Task<PinDecision> Decision, CancellationTokenSource Source);

    private sealed class Run
    {
        private readonly World _world = new() { Facts = new(40, true) };
        private readonly List<ByteRange> _pins = [];
        private readonly List<(ByteRange Range, LayoutDecision Decision)> _inFlight = [];
        private readonly List<Waiting> _waiting = [];

        internal void Do(Step step)
        {
            switch (step.Kind)
            {
                case StepKind.Pin:
                    AskPin(step.Range);
                    break;
                case StepKind.Unpin when _pins.Count > 0:
                    int pin = step.Which % _pins.Count;
                    _world.Contract.Unpin(_world.Contract.PinsOf(World.File)[pin]);
                    _pins.RemoveAt(pin);
                    break;
                case StepKind.Request:
                    Request(step.Range);
                    break;
                case StepKind.EndOperation when _inFlight.Count > 0:
                    End(step.Which % _inFlight.Count);
                    break;
                case StepKind.GiveUp when _waiting.Count > 0:
                    Waiting given = _waiting[step.Which % _waiting.Count];
                    _waiting.Remove(given);
                    given.Source.Cancel();
                    Assert.Equal(Errno.EINTR, given.Decision.GetAwaiter().GetResult().Errno);
                    break;
                case StepKind.Resize:
                    _world.Facts = new(step.Range.Start + 10, true);
                    break;
            }
        }

        internal void Agree(ByteRange query)
        {
            Assert.Equal(_pins, _world.Contract.PinsOf(World.File).Select(p => p.Request.Range));
            Assert.Equal(_pins.Any(p => p.Overlaps(query)), _world.Contract.IsPinned(World.File, query));
            Assert.All(_waiting, w => Assert.False(w.Decision.IsCompleted));
            Assert.Equal(_pins.Count + _inFlight.Count(o => !o.Range.IsEmpty) + _waiting.Count > 0 ? 1 : 0, _world.Contract.FileCount);
        }

        internal void EndAll()
        {
            while (_inFlight.Count > 0)
            {
                End(0);
            }

            Assert.Empty(_waiting);
            foreach (Pin pin in _world.Contract.PinsOf())
            {
                _world.Contract.Unpin(pin);
            }

            Assert.Equal(0, _world.Contract.FileCount);
        }

        private void AskPin(ByteRange range)
        {
            CancellationTokenSource source = new();
            Task<PinDecision> decision = _world.AskPin(range.Start, range.End, source.Token).AsTask();
            if (_inFlight.Any(o => o.Range.Overlaps(range)))
            {
                _waiting.Add(new(range, decision, source));
            }
            else
            {
                Decided(range, decision);
            }
        }

        private void Request(ByteRange range)
        {
            LayoutDecision decision = _world.Ask(LayoutOperationKind.PunchHole, range).AsTask().GetAwaiter().GetResult();
            if (_pins.Any(p => p.Overlaps(range)))
            {
                Assert.Equal(LayoutVerdict.Refuse, decision.Verdict);
            }
            else
            {
                Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
                _inFlight.Add((range, decision));
            }
        }

        private void End(int operation)
        {
            _inFlight[operation].Decision.Dispose();
            _inFlight.RemoveAt(operation);
            foreach (Waiting waiting in _waiting.Where(w => !_inFlight.Any(o => o.Range.Overlaps(w.Range))).ToArray())
            {
                _waiting.Remove(waiting);
                Decided(waiting.Range, waiting.Decision);
            }
        }

        private void Decided(ByteRange range, Task<PinDecision> decision)
        {
            bool granted = !range.IsEmpty && range.End <= _world.Facts.Size;
            Assert.Equal(granted, decision.GetAwaiter().GetResult().IsGranted);
            if (granted)
            {
                _pins.Add(range);
            }
        }
    }
}
