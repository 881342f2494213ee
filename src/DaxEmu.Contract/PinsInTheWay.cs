namespace DaxEmu.Contract;

/// <summary>The pins that a layout operation meets.</summary>
/// <param name="Named">The first <see cref="LayoutDecided.MaxPins"/> of them, by first byte.</param>
/// <param name="Count">How many there are.</param>
internal sealed record PinsInTheWay(IReadOnlyList<Pin> Named, int Count)
{
    /// <summary>Counts them.</summary>
    internal static PinsInTheWay Of(IEnumerable<Pin> pins)
    {
        List<Pin> named = new(LayoutDecided.MaxPins);
        int count = 0;
        foreach (Pin pin in pins)
        {
            count++;
            if (named.Count < LayoutDecided.MaxPins)
            {
                named.Add(pin);
            }
        }

        return new(named, count);
    }
}
