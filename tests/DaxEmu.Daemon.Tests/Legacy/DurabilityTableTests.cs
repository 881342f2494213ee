using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>What a device writes reaches the disk when docs/reference/pins.md says so, and not before; read with O_DIRECT.</summary>
[Collection(LegacyCollection.Name)]
public sealed class DurabilityTableTests(LegacyOutcomes outcomes)
{
    public static TheoryData<string, string> Rows { get; } = new(
        from column in LegacyColumn.Durability from row in DurabilityRow.All select (column.Name, row.Step));

    [Theory]
    [MemberData(nameof(Rows))]
    public void File_and_disk_show_what_the_row_says(string column, string step)
    {
        DurabilityRow row = DurabilityRow.All.Single(r => r.Step == step);

        // What lies on tmpfs has no disk behind it: its pages are the file. Nothing is held back of what is passed through.
        Assert.Equal((row.File, column is "tmpfs" or "ext4, passed through" ? row.File : row.Disk), outcomes.OfDurability(column, step));
    }
}
