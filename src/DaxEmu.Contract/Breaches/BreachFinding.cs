namespace DaxEmu.Contract;

/// <summary>A look at a file found that pinned bytes changed without the contract having been asked.</summary>
/// <param name="Pin">The pin.</param>
/// <param name="Changes">The first <see cref="MaxChanges"/> of the changes in its range, by first byte.</param>
/// <param name="ChangeCount">How many there were.</param>
public sealed record BreachFinding(Pin Pin, IReadOnlyList<LayoutChange> Changes, int ChangeCount)
{
    /// <summary>How many changes an event names.</summary>
    public const int MaxChanges = 8;
}
