namespace DaxEmu.Contract.Tests;

/// <summary>
/// A contract that is wrong on purpose: on one of its two sides check and mark are two steps, with a moment between. Correct otherwise.
/// </summary>
internal sealed class SplitContract(SplitContract.Side split) : IFileContract
{
    private readonly Lock _gate = new();
    private readonly List<Pin> _pins = [];
    private readonly List<LayoutOperation> _inFlight = [];
    private long _lastId;

    internal enum Side
    {
        Neither,
        Pin,
        Request,
    }

    public ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation)
    {
        Pin pin = new(Interlocked.Increment(ref _lastId), request, default);
        CheckThenMark(
            Side.Pin,
            () => !_inFlight.Exists(o => o.File == request.File && o.Range.Overlaps(request.Range)),
            () => _pins.Add(pin),
            untilItHolds: true);
        return new(new PinDecision(pin, 0, ""));
    }

    public ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        bool proceeds = CheckThenMark(
            Side.Request,
            () => !_pins.Exists(p => p.Request.File == operation.File && p.Request.Range.Overlaps(operation.Range)),
            () => _inFlight.Add(operation),
            untilItHolds: false);
        return new(proceeds
            ? new LayoutDecision(LayoutVerdict.Proceed, 0, "", () => Locked(() => _inFlight.Remove(operation)))
            : new LayoutDecision(LayoutVerdict.Refuse, Errno.ETXTBSY, "pinned", null));
    }

    public void Unpin(Pin pin) => Locked(() => _pins.Remove(pin));

    public void ReportBreach(Pin pin, ByteRange range, string evidence) => throw new NotSupportedException();

    public void ReportFailedAccess(Pin pin, ByteRange range, bool isTaken, string evidence) => throw new NotSupportedException();

    public void ReportDivergence(Pin pin, ByteRange range, PinAccess access) => throw new NotSupportedException();

    public void Syncing(FileIdentity file, string path, Requester requester, IReadOnlyList<ByteRange>? heldBack) =>
        throw new NotSupportedException();

    public bool HoldsBackWrites(FileIdentity file, string path) => false;

    public DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages) => null;

    public int Persist(FileIdentity file, ByteRange range) => 0;

    public IReadOnlyList<Pin> PinsOf(FileIdentity? file = null) => throw new NotSupportedException();

    public bool IsPinned(FileIdentity file, ByteRange range) => throw new NotSupportedException();

    private bool CheckThenMark(Side side, Func<bool> check, Action mark, bool untilItHolds)
    {
        while (true)
        {
            _gate.Enter();
            bool holds = check();
            if (holds && side == split)
            {
                _gate.Exit();
                Thread.Yield();
                _gate.Enter();
            }

            if (holds)
            {
                mark();
            }

            _gate.Exit();
            if (holds || !untilItHolds)
            {
                return holds;
            }

            Thread.Yield();
        }
    }

    private void Locked(Action action)
    {
        lock (_gate)
        {
            action();
        }
    }
}
