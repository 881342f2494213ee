using DaxEmu.Contract;

namespace DaxEmu.Nic.Tests;

/// <summary>Grants every pin unless told to refuse, and records what it was asked.</summary>
internal sealed class FakeContract : IFileContract
{
    private long _ids;

    public List<Pin> Held { get; } = [];

    public List<(Pin Pin, ByteRange Range, string Evidence)> Breaches { get; } = [];

    public PinDecision? Refusal { get; set; }

    public ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _ = readFacts();
        if (Refusal is not null)
        {
            return new(Refusal);
        }

        Pin pin = new(++_ids, request, DateTimeOffset.UnixEpoch);
        Held.Add(pin);
        return new(new PinDecision(pin, 0, string.Empty));
    }

    public void Unpin(Pin pin) => Held.Remove(pin);

    public ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public void ReportBreach(Pin pin, ByteRange range, string evidence) => Breaches.Add((pin, range, evidence));

    public void ReportFailedAccess(Pin pin, ByteRange range, bool isTaken, string evidence) => FailedAccesses.Add((pin, range, isTaken, evidence));

    public List<(Pin Pin, ByteRange Range, bool IsTaken, string Evidence)> FailedAccesses { get; } = [];

    public List<(Pin Pin, ByteRange Range, PinAccess Access)> Divergences { get; } = [];

    public void ReportDivergence(Pin pin, ByteRange range, PinAccess access) => Divergences.Add((pin, range, access));

    public void Syncing(FileIdentity file, string path, DaxEmu.Contract.Requester requester, IReadOnlyList<ByteRange>? heldBack) =>
        throw new NotSupportedException();

    public bool HoldsBackWrites(FileIdentity file, string path) => throw new NotSupportedException();

    public DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages) => throw new NotSupportedException();

    public int Persist(FileIdentity file, ByteRange range) => throw new NotSupportedException();

    public IReadOnlyList<Pin> PinsOf(FileIdentity? file = null) => Held;

    public bool IsPinned(FileIdentity file, ByteRange range) => throw new NotSupportedException();
}
