using DaxEmu.Contract;

namespace DaxEmu.Guards.Watch;

/// <summary>
/// Where the bytes of a pin that is asked for lie, looked at in the step that decides it: what changes from then on, changes under the pin. An
/// operation that had passed its guard's check before the file was guarded may still be on its way then.
/// </summary>
public sealed class PinBaseline
{
    private readonly WatchedFile _file;

    internal PinBaseline(WatchedFile file) => _file = file;

    /// <summary>The file.</summary>
    internal WatchedFile File => _file;

    /// <summary>What was seen.</summary>
    internal FileMap Map { get; private set; } = new();

    /// <summary>What the contract has allowed meanwhile. Guarded by the file.</summary>
    internal List<ByteRange> Allowed { get; } = [];

    /// <summary>Looks. May be called under the contract's locks, and again when the request is decided anew.</summary>
    /// <param name="range">The bytes that are asked for.</param>
    public void Take(ByteRange range) => Map = _file.Read(range);
}
