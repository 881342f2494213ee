namespace DaxEmu.Contract;

/// <summary>What the contract knows of one file. All but <see cref="Identity"/> and <see cref="Gate"/> is guarded by the gate.</summary>
/// <param name="identity">The file.</param>
internal sealed class FileState(FileIdentity identity)
{
    private readonly List<ByteRange> _inFlight = [];

    /// <summary>The file.</summary>
    internal FileIdentity Identity { get; } = identity;

    /// <summary>Held for the length of one decision.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>The pins that stand in an operation's way.</summary>
    internal PinIndex Pins { get; } = new();

    /// <summary>The pins that yield.</summary>
    internal PinIndex Yielding { get; } = new();

    /// <summary>Requests that wait for an operation in flight, oldest first.</summary>
    internal LinkedList<PendingPin> Waiting { get; } = new();

    /// <summary>Operations that wait for pins to go, oldest first; each is marked in flight.</summary>
    internal LinkedList<BlockedOperation> Blocked { get; } = new();

    /// <summary>The pins whose leases are being broken, by id.</summary>
    internal Dictionary<long, PinLease> Leases { get; } = [];

    /// <summary>What was taken from under the pins with consent.</summary>
    internal PinInvalidations Invalidations { get; } = new();

    /// <summary>The pages that pins have kept although they left the file.</summary>
    internal PinOrphans Orphans { get; } = new();

    /// <summary>Taken out of the map: whoever finds this state has come too late and must look again.</summary>
    internal bool IsRetired { get; set; }

    /// <summary>Nothing here is worth keeping.</summary>
    internal bool IsEmpty => Pins.Count == 0 && Yielding.Count == 0 && _inFlight.Count == 0 && Waiting.Count == 0;

    /// <summary>True when a layout operation that may proceed, and has not ended, covers a byte of the range.</summary>
    internal bool IsInFlight(ByteRange range)
    {
        foreach (ByteRange busy in _inFlight)
        {
            if (busy.Overlaps(range))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Marks an operation as in flight; several may cover the same bytes.</summary>
    internal void Begin(ByteRange range) => _inFlight.Add(range);

    /// <summary>Takes one mark away.</summary>
    internal void End(ByteRange range) => _inFlight.Remove(range);
}
