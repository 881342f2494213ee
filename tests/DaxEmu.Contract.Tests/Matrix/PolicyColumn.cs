using static DaxEmu.Contract.LayoutVerdict;

namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>What a policy answers to an operation that meets a pin: a column of the matrix.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Waits">The operation is not answered at once.</param>
/// <param name="WhenReleased">Its answer when the holders give their pins back in time; at once when it does not wait.</param>
/// <param name="WhenKept">Its answer when they keep them.</param>
/// <param name="Region">What has become then of a region whose pin was met.</param>
internal sealed record PolicyColumn(Policy Policy, bool Waits, Answer WhenReleased, Answer WhenKept, RegionFate Region)
{
    internal static IReadOnlyList<PolicyColumn> All { get; } =
    [
        new(Policy.Deny, false, new(Refuse, "ETXTBSY"), new(Refuse, "ETXTBSY"), RegionFate.Kept),
        new(Policy.Ignore, false, new(Pretend), new(Pretend), RegionFate.Kept),
        new(Policy.Wait, true, new(Proceed), new(Refuse, "ETIMEDOUT"), RegionFate.Kept),
        new(Policy.LeaseRevoke, true, new(Proceed), new(Proceed), RegionFate.Revoked),
        new(Policy.LeaseKill, true, new(Proceed), new(Proceed), RegionFate.Killed),
        new(Policy.Legacy, false, new(Proceed), new(Proceed), RegionFate.Orphaned),
        new(Policy.Odp, false, new(Proceed), new(Proceed), RegionFate.Invalidated),
    ];

    /// <summary>What a cell of this column must say.</summary>
    internal Cell Expect(LayoutOperationKind kind, Overlap overlap)
    {
        bool isFree = !overlap.InTheWay.Any();
        Answer kept = isFree ? new(Proceed) : WhenKept;
        RegionFate ifItYields = kept.Verdict == Proceed ? RegionFate.Invalidated : RegionFate.Kept;
        return new(
            !isFree && Waits,
            isFree ? new(Proceed) : WhenReleased,
            kept,
            [
                .. overlap.Pins.Select((bytes, pin) => !overlap.Meets.Contains(pin) ? RegionFate.Kept
                    : bytes.Yields ? ifItYields
                    : FateOf(kind, overlap, pin)),
            ]);
    }

    // Sharing a file's blocks with another, and a change of its DAX flag, leave its pages where they are.
    private RegionFate FateOf(LayoutOperationKind kind, Overlap overlap, int pin) =>
        Region != RegionFate.Orphaned
            || (kind is not (LayoutOperationKind.ReflinkFrom or LayoutOperationKind.DaxFlagChange) && overlap.TakesAPageOf(kind, pin))
            ? Region
            : RegionFate.Kept;
}
