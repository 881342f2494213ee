namespace DaxEmu.Contract;

/// <summary>
/// What operations took from under the pins of a file with the contract's consent, so that a work request which meets it is told from one
/// that meets a change nobody was asked about. Guarded by the gate of the file.
/// </summary>
internal sealed class PinInvalidations
{
    // Enough to name the cause in practice; beyond, the oldest are taken together, so that nothing is forgotten.
    private const int MaxPerPin = 64;

    private readonly Dictionary<long, List<(ByteRange Range, LayoutOperation Cause)>> _byPin = [];

    /// <summary>Remembers.</summary>
    internal void Add(Pin pin, ByteRange range, LayoutOperation cause)
    {
        if (!_byPin.TryGetValue(pin.Id, out List<(ByteRange Range, LayoutOperation Cause)>? known))
        {
            _byPin[pin.Id] = known = [];
        }

        known.RemoveAll(k => k.Range.Start >= range.Start && k.Range.End <= range.End);
        known.Add((range, cause));
        if (known.Count > MaxPerPin)
        {
            ByteRange hull = new(Math.Min(known[0].Range.Start, known[1].Range.Start), Math.Max(known[0].Range.End, known[1].Range.End));
            known[1] = (hull, known[1].Cause);
            known.RemoveAt(0);
        }
    }

    /// <summary>The latest operation that took a byte of the range from under the pin; null when none did.</summary>
    internal LayoutOperation? CauseOf(Pin pin, ByteRange range) =>
        _byPin.TryGetValue(pin.Id, out List<(ByteRange Range, LayoutOperation Cause)>? known)
            ? known.FindLast(k => k.Range.Overlaps(range)).Cause
            : null;

    /// <summary>The pin is gone.</summary>
    internal void Forget(Pin pin) => _byPin.Remove(pin.Id);
}
