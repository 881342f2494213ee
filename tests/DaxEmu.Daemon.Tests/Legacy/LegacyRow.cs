using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A row of the table: what is done, and what file and device show then.</summary>
/// <param name="Step">What is done, as the document has it.</param>
/// <param name="Offset">The byte that is looked at.</param>
/// <param name="File">What read and a mapping must show there; null: what the device shows, for they share the page.</param>
/// <param name="Device">What the device must read; null: what the file shows.</param>
/// <param name="Do">Does it to a file that nothing was done to.</param>
internal sealed record LegacyRow(string Step, long Offset, string? File, string? Device, Action<PinnedFile> Do)
{
    private const int Page = PinnedFile.Page;
    private const int ENOTSUP = 95;

    /// <summary>The table.</summary>
    public static IReadOnlyList<LegacyRow> All { get; } =
    [
        new("RDMA write `W` to page 2", 2 * Page, "W", "W", f => f.Write(2 * Page, 'W')),
        new("... then PUNCH_HOLE page 2", 2 * Page, "0", "W", PunchTwo),
        new("... then RDMA write `X` to page 2", 2 * Page, "0", "X", f => Then(PunchTwo, f, () => f.Write(2 * Page, 'X'))),
        new("... then write() `M` to page 2", 2 * Page, "M", "X", f => Then(PunchTwo, f, () =>
        {
            f.Write(2 * Page, 'X');
            f.Store(2 * Page, 'M');
        })),
        new("... then deregister, and register again", 2 * Page, "0", "0", f => Then(PunchTwo, f, f.RegisterAgain)),
        new("PUNCH_HOLE page 2, RDMA write `X` by one of two regions on it", 2 * Page, "0", "X", f =>
        {
            f.Punch(2 * Page, Page);
            f.Write(2 * Page, 'X', region: 1);
        }),
        new("PUNCH_HOLE page 2 in part, its first 100 bytes", 2 * Page, "0", "0", f => f.Punch(2 * Page, 100)),
        new("... then RDMA write `X` there", 2 * Page, "X", "X", f =>
        {
            f.Punch(2 * Page, 100);
            f.Write(2 * Page, 'X');
        }),
        new("PUNCH_HOLE from the middle of page 2 to the middle of page 4: page 3", 3 * Page, "0", "d", f => f.Punch((2 * Page) + 2048, 2 * Page)),
        new("... page 4, cut in part", 4 * Page, "0", "0", f => f.Punch((2 * Page) + 2048, 2 * Page)),
        new("MADV_REMOVE page 2, RDMA write `X`", 2 * Page, "0", "X", f =>
        {
            f.Remove(2 * Page, Page);
            f.Write(2 * Page, 'X');
        })
        {
            // Passed through, it goes past the mount, and tmpfs has no pre-content events: daxemu doctor names the gap.
            Unseen = "tmpfs",
        },
        new("ftruncate to 8 pages, RDMA write `Y` to page 10", 10 * Page, "end", "Y", Cut),
        new("... then ftruncate to 16 pages", 10 * Page, "0", "Y", f => Then(Cut, f, () => f.Truncate(16 * Page))),
        new("... then RDMA write `Z` to page 7, which was never cut", 7 * Page, "Z", "Z", f => Then(Cut, f, () =>
        {
            f.Truncate(16 * Page);
            f.Write(7 * Page, 'Z');
        })),
        new("ftruncate to 5 pages and 100 bytes, RDMA write `V` to page 5", 5 * Page, "V", "V", f =>
        {
            f.Truncate((5 * Page) + 100);
            f.Write(5 * Page, 'V');
        }),
        new("... to its bytes past the end of the file, then ftruncate to 16 pages", (5 * Page) + 200, null, null, f =>
        {
            f.Truncate((5 * Page) + 100);
            f.Write((5 * Page) + 200, 'V');
            f.Truncate(16 * Page);
        }),
        new("... page 6, cut whole", 6 * Page, "0", "g", f =>
        {
            f.Truncate((5 * Page) + 100);
            f.Truncate(16 * Page);
        }),
        new("truncate to 0, RDMA write `Y`, write() `M`", 0, "M", "Y", f =>
        {
            f.Truncate(0);
            f.Write(0, 'Y');
            f.Store(0, 'M');
        }),
        new("open with O_TRUNC, RDMA write `Y`, ftruncate to 16 pages", 0, "0", "Y", f =>
        {
            new FileStream(f.Path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite).Dispose();
            f.Write(0, 'Y');
            f.Truncate(16 * Page);
        }),
        new("ZERO_RANGE page 8, RDMA write `R`", 8 * Page, "0", "R", f =>
        {
            Assert.True(f.Zero(8 * Page, Page) is 0 or ENOTSUP);
            f.Write(8 * Page, 'R');
        })
        {
            FileOnTmpfs = "R",
        },
        new("unlink, RDMA write `U`", 3 * Page, "U", "U", f =>
        {
            System.IO.File.Delete(f.Path);
            f.Write(3 * Page, 'U');
        }),
        new("munmap and close, RDMA write `U`", 3 * Page, "U", "U", f =>
        {
            f.Unmap();
            f.Write(3 * Page, 'U');
        }),
        new("munmap and close, PUNCH_HOLE page 3, RDMA write `U`", 3 * Page, "0", "U", f =>
        {
            f.Unmap();
            f.Punch(3 * Page, Page);
            f.Write(3 * Page, 'U');
        }),
    ];

    /// <summary>What the file must show on tmpfs, which has no FALLOC_FL_ZERO_RANGE: a step that fails changes nothing.</summary>
    public string? FileOnTmpfs { get; init; }

    /// <summary>The column in which the guard does not see the step, or null: there the region follows the file.</summary>
    public string? Unseen { get; init; }

    /// <summary>What the file must show on a filesystem.</summary>
    public string? FileOn(string filesystem) => filesystem == "tmpfs" ? FileOnTmpfs ?? File : File;

    private static void Then(Action<PinnedFile> first, PinnedFile file, Action then)
    {
        first(file);
        then();
    }

    private static void PunchTwo(PinnedFile file)
    {
        file.Write(2 * Page, 'W');
        file.Punch(2 * Page, Page);
    }

    private static void Cut(PinnedFile file)
    {
        file.Truncate(8 * Page);
        file.Write(10 * Page, 'Y');
    }
}
