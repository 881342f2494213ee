namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>One operation, on one overlap, under one policy.</summary>
/// <param name="Waits">It was not answered at once.</param>
/// <param name="WhenReleased">Its answer when the holders gave the pins back in time; at once when it did not wait.</param>
/// <param name="WhenKept">Its answer when they kept them.</param>
/// <param name="Regions">What had become then of each pin's region, in the order of the pins.</param>
internal sealed record Cell(bool Waits, Answer WhenReleased, Answer WhenKept, IReadOnlyList<RegionFate> Regions)
{
    public bool Equals(Cell? other) => other is not null
        && (Waits, WhenReleased, WhenKept) == (other.Waits, other.WhenReleased, other.WhenKept)
        && Regions.SequenceEqual(other.Regions);

    public override int GetHashCode() => HashCode.Combine(Waits, WhenReleased, WhenKept, Regions.Count);

    /// <summary>As docs/contract.md has it: the answer, and how many regions did not stay as they were.</summary>
    public override string ToString()
    {
        string answer = !Waits ? WhenKept.ToString()
            : WhenReleased == WhenKept ? $"waits, {WhenKept}"
            : $"waits, {WhenReleased} / {WhenKept}";
        IEnumerable<string> changed = Regions
            .Where(fate => fate != RegionFate.Kept)
            .GroupBy(fate => fate)
            .Select(fates => $"; {fates.Count()} {fates.Key.ToString().ToLowerInvariant()}");
        return answer + string.Concat(changed);
    }
}
