using Xunit;

namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>Every kind of operation, on every overlap, under every policy: docs/contract.md shows the same cells.</summary>
public sealed class MatrixTests
{
    public static TheoryData<LayoutOperationKind, Policy> KindsAndPolicies { get; } = new(
        from kind in Enum.GetValues<LayoutOperationKind>() from policy in Enum.GetValues<Policy>() select (kind, policy));

    [Theory]
    [MemberData(nameof(KindsAndPolicies))]
    public async Task The_operation_and_the_regions_fare_as_the_policy_says(LayoutOperationKind kind, Policy policy)
    {
        PolicyColumn column = PolicyColumn.All.Single(c => c.Policy == policy);
        foreach (Overlap overlap in Overlap.Of(LayoutReaches.Of(kind)))
        {
            Cell cell = await MatrixRun.Observe(kind, overlap, policy);

            Assert.True(cell == column.Expect(kind, overlap), $"{overlap.Name}: expected {column.Expect(kind, overlap)}, got {cell}");
        }
    }

    [Fact]
    public void Every_policy_has_a_column() => Assert.Equal(Enum.GetValues<Policy>(), PolicyColumn.All.Select(c => c.Policy));

    [Fact]
    public void The_pins_that_a_case_says_are_met_share_a_byte_with_the_operation_and_no_others()
    {
        foreach (LayoutOperationKind kind in Enum.GetValues<LayoutOperationKind>())
        {
            foreach (Overlap overlap in Overlap.Of(LayoutReaches.Of(kind)))
            {
                ByteRange range = LayoutReaches.RangeOf(kind, overlap.Offset, overlap.Length);
                Assert.Equal(
                    overlap.Meets,
                    Enumerable.Range(0, overlap.Pins.Count).Where(pin => !overlap.Pins[pin].OfAnotherFile && SharesAByte(overlap.Pins[pin], range)));
            }
        }
    }

    // Byte by byte: not by the code under test.
    private static bool SharesAByte(PinnedBytes pin, ByteRange range)
    {
        for (ulong at = pin.Start; at < pin.End; at++)
        {
            if (at >= range.Start && at < range.End)
            {
                return true;
            }
        }

        return false;
    }
}
