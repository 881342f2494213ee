using System.Collections.Concurrent;
using DaxEmu.Contract;
using DaxEmu.Guards;

namespace DaxEmu.Daemon.Composition;

/// <summary>
/// The contract, telling the guard of a file's volume of each pin before it is asked for and after it is gone: some operations reach a guard
/// only while it watches the file.
/// </summary>
/// <param name="contract">Decides.</param>
/// <param name="volumes">Whose guards to tell.</param>
internal sealed class GuardedContract(FileContract contract, GuardedVolumes volumes) : IFileContract
{
    private readonly ConcurrentDictionary<long, IVolumeGuard> _told = new();

    /// <inheritdoc/>
    public async ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation)
    {
        IVolumeGuard? guard = volumes.Guards.FirstOrDefault(g => g.OnPinned(request.File));
        Pin? pin = null;
        try
        {
            PinDecision decision = await contract.PinAsync(request, readFacts, cancellation);
            pin = decision.Pin;
            return decision;
        }
        finally
        {
            if (pin is null)
            {
                guard?.OnUnpinned(request.File);
            }
            else if (guard is not null)
            {
                _told[pin.Id] = guard;
                Mark(guard, pin);
            }
        }
    }

    /// <inheritdoc/>
    public void Unpin(Pin pin)
    {
        contract.Unpin(pin);
        if (_told.TryRemove(pin.Id, out IVolumeGuard? guard))
        {
            Mark(guard, pin);
            guard.OnUnpinned(pin.Request.File);
        }
    }

    private static void Mark(IVolumeGuard guard, Pin pin)
    {
        if (pin.Request.IsUnmarkedWriting)
        {
            guard.OnMarked(pin.Request.File, pin.Request.Range);
        }
    }

    /// <inheritdoc/>
    public ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation) =>
        contract.RequestAsync(operation, cancellation);

    /// <inheritdoc/>
    public void ReportBreach(Pin pin, ByteRange range, string evidence) => contract.ReportBreach(pin, range, evidence);

    /// <inheritdoc/>
    public void ReportFailedAccess(Pin pin, ByteRange range, string evidence) => contract.ReportFailedAccess(pin, range, evidence);

    /// <inheritdoc/>
    public void ReportDivergence(Pin pin, ByteRange range, PinAccess access) => contract.ReportDivergence(pin, range, access);

    /// <inheritdoc/>
    public void Syncing(FileIdentity file, string path, Requester requester, IReadOnlyList<ByteRange>? heldBack) =>
        contract.Syncing(file, path, requester, heldBack);

    /// <inheritdoc/>
    public bool HoldsBackWrites(FileIdentity file, string path) => contract.HoldsBackWrites(file, path);

    /// <inheritdoc/>
    public DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages) => contract.TakeWrites(file, path, pages);

    /// <inheritdoc/>
    public int Persist(FileIdentity file, ByteRange range) => volumes.Guards.Select(g => g.Persist(file, range)).FirstOrDefault(errno => errno != 0);

    /// <inheritdoc/>
    public IReadOnlyList<Pin> PinsOf(FileIdentity? file = null) => contract.PinsOf(file);

    /// <inheritdoc/>
    public bool IsPinned(FileIdentity file, ByteRange range) => contract.IsPinned(file, range);
}
