using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>
/// The policy legacy, row by row, on each filesystem: as docs/reference/pins.md measured it on real kernels, and as the running kernel does it
/// where it takes a real long-term pin of a file.
/// </summary>
[Collection(LegacyCollection.Name)]
public sealed class LegacyTableTests(LegacyOutcomes outcomes)
{
    public static TheoryData<string, string> Rows { get; } = new(
        from column in LegacyColumn.All from row in LegacyRow.All where row.Unseen != column.Name select (column.Name, row.Step));

    public static TheoryData<string> Steps { get; } = [.. LegacyRow.All.Select(row => row.Step)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void File_and_device_show_what_the_row_says(string column, string step)
    {
        string filesystem = LegacyColumn.All.Single(c => c.Name == column).Filesystem;
        LegacyRow row = LegacyRow.All.Single(r => r.Step == step);
        (string file, string device) = outcomes.Of(column, step);

        Assert.Equal((row.FileOn(filesystem) ?? device, row.Device ?? file), (file, device));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_real_pin_of_the_running_kernel_shows_what_the_row_says_and_what_the_emulator_does(string step)
    {
        LegacyRow row = LegacyRow.All.Single(r => r.Step == step);
        (string file, string device) = outcomes.OfReal(step);

        Assert.Equal((row.FileOn("tmpfs") ?? device, row.Device ?? file), (file, device));
        if (row.Unseen != "tmpfs")
        {
            Assert.Equal((file, device), outcomes.Of("tmpfs", step));
        }
    }
}
