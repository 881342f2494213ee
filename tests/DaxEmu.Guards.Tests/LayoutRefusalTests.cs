using DaxEmu.Guards.Fuse;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests;

/// <summary>What changes the blocks under a pin is refused, by the kernel, to an ordinary program; and works where no pin is.</summary>
public sealed class LayoutRefusalTests
{
    private const string Busy = "Text file busy";

    public static TheoryData<FuseDataPath> DataPaths => MountedVolume.DataPaths;

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Truncate_below_a_pinned_page_is_refused_with_ETXTBSY(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        string file = volume.WriteFile("data");
        using (await volume.Pin("data", 4, 8))
        {
            Command.Run("truncate", "-s", "7", file).MustFailWith(Busy);
            Assert.Equal(-ETXTBSY, Libc.Truncate(file, 5 * Libc.Page));
            Assert.Equal(16 * Libc.Page, new FileInfo(file).Length);

            Command.Run("truncate", "-s", $"{8 * Libc.Page}", file).MustSucceed();
            Assert.Equal(8 * Libc.Page, new FileInfo(file).Length);
        }

        Command.Run("truncate", "-s", "0", file).MustSucceed();
        Assert.Equal(0, new FileInfo(volume.Under("data")).Length);
    }
}
