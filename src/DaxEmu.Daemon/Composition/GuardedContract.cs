using System.Collections.Concurrent;
using DaxEmu.Contract;
using DaxEmu.Guards;
using DaxEmu.Linux;

namespace DaxEmu.Daemon.Composition;

/// <summary>
/// The contract, telling the guard of a file's volume of each pin before it is asked for and after it is gone: some operations reach a guard
/// only while it watches the file.
/// </summary>
/// <param name="contract">Decides.</param>
/// <param name="volumes">Whose guards to tell.</param>
internal sealed class GuardedContract(FileContract contract, GuardedVolumes volumes) : ContractDecorator(contract)
{
    private readonly FileContract _contract = contract;
    private readonly ConcurrentDictionary<long, IVolumeGuard> _told = new();

    /// <inheritdoc/>
    public override async ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation)
    {
        IVolumeGuard? guard;
        try
        {
            guard = volumes.Guards.FirstOrDefault(g => g.OnPinned(request.File));
        }
        catch (LinuxException failure)
        {
            return _contract.Refuse(
                request,
                failure.Errno,
                $"The volume's guard cannot stand in for this file: {failure.Message}. Register a file of the volume's own filesystem, or give "
                + "the filesystem it lies on a volume of its own.");
        }

        Pin? pin = null;
        try
        {
            PinDecision decision = await Decorated.PinAsync(request, readFacts, cancellation);
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
    public override void Unpin(Pin pin)
    {
        Decorated.Unpin(pin);
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
    public override int Persist(FileIdentity file, ByteRange range) =>
        volumes.Guards.Select(g => g.Persist(file, range)).FirstOrDefault(errno => errno != 0);
}
