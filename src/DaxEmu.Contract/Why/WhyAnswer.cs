namespace DaxEmu.Contract;

/// <summary>The answer to "why is my truncate failing?", for one file.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">The name it was asked by.</param>
/// <param name="Operation">The last layout operation that met a pin; null when none did, as far back as the journal goes.</param>
/// <param name="Pins">
/// The pins that stood in its way, then those that overlap it now; without an operation all that are held. At most <see cref="MaxPins"/>.
/// </param>
/// <param name="PinCount">How many pins are held now on the operation's range; without an operation, on the file.</param>
/// <param name="Policy">The policy in force now, and where it is set.</param>
/// <param name="RefusedPin">The last refused registration; null when there was none.</param>
/// <param name="Breaches">Changes of pinned bytes that the contract was not asked about, oldest first.</param>
/// <param name="Divergences">
/// Uses by devices of pages that had left the file (policy legacy), oldest first: the last <see cref="MaxDivergences"/> of them.
/// </param>
/// <param name="DivergenceCount">How many there were, as far back as the journal goes.</param>
/// <param name="Advice">What to do, a sentence each, the most direct first.</param>
public sealed record WhyAnswer(
    FileIdentity File,
    string Path,
    WhyOperation? Operation,
    IReadOnlyList<WhyPin> Pins,
    int PinCount,
    PolicySetting Policy,
    WhyRefusedPin? RefusedPin,
    IReadOnlyList<WhyBreach> Breaches,
    IReadOnlyList<WhyDivergence> Divergences,
    int DivergenceCount,
    IReadOnlyList<string> Advice)
{
    /// <summary>How many pins are listed.</summary>
    public const int MaxPins = 64;

    /// <summary>How many divergences are listed.</summary>
    public const int MaxDivergences = 16;
}
