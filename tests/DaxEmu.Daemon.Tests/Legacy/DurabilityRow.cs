namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A row of the table of durability: what is done, and what the file and its disk show then of one byte.</summary>
/// <param name="Step">What is done, as the document has it.</param>
/// <param name="File">What read(2) must show.</param>
/// <param name="Disk">What a read with O_DIRECT must show, on a filesystem with a disk.</param>
/// <param name="Do">Does it to a file that has just been registered.</param>
internal sealed record DurabilityRow(string Step, string File, string Disk, Action<EmulatedFile> Do)
{
    /// <summary>The byte that is looked at: page 2 holds `c`.</summary>
    public const long Offset = 2 * PinnedFile.Page;

    /// <summary>The table.</summary>
    public static IReadOnlyList<DurabilityRow> All { get; } =
    [
        new("RDMA write `D`, fsync: the registration has marked the page", "D", "D", f =>
        {
            f.Write(Offset, 'D');
            f.Sync();
        }),
        new("fsync, RDMA write `D`", "D", "c", Clean),
        new("... then fsync", "D", "c", Unsynced),
        new("... then msync(MS_SYNC)", "D", "c", f => Then(Clean, f, f.SyncMapping)),
        new("... then fsync, by the other region RDMA write `E`, fsync", "E", "c", f => Then(Unsynced, f, () =>
        {
            f.Write(Offset, 'E', region: 1);
            f.Sync();
        })),
        new("... then fsync, deregister", "D", "D", f => Then(Unsynced, f, f.Deregister)),
        new("... then deregister, without fsync before", "D", "D", f => Then(Clean, f, f.Deregister)),
        new("... then write() of the next byte, fsync", "D", "D", f => Then(Clean, f, () =>
        {
            f.StoreByte(Offset + 1, 'M');
            f.Sync();
        })),
        new("... then a store of the next byte through the program's mapping, fsync", "D", "D", f => Then(Clean, f, () =>
        {
            f.StoreMapped(Offset + 1, 'M');
            f.Sync();
        })),
        new("... then fsync, a store of the next byte through the program's mapping, fsync", "D", "D", f => Then(Unsynced, f, () =>
        {
            f.StoreMapped(Offset + 1, 'M');
            f.Sync();
        })),
        new("... then write() to another page, fsync", "D", "c", f => Then(Clean, f, () =>
        {
            f.StoreByte(Offset + PinnedFile.Page, 'M');
            f.Sync();
        })),
        new("... then fsync, registered again, RDMA write `E`, fsync", "E", "E", f => Then(Unsynced, f, () =>
        {
            f.RegisterAgain();
            f.Write(Offset, 'E');
            f.Sync();
        })),
        new("... then fsync, PUNCH_HOLE page 2", "0", "0", f => Then(Unsynced, f, () => f.Punch(Offset, PinnedFile.Page))),
        new("... then fsync, PUNCH_HOLE page 2 in part, its last 100 bytes", "D", "D",
            f => Then(Unsynced, f, () => f.Punch(Offset + PinnedFile.Page - 100, 100))),
        new("... then fsync, ftruncate to 0 and to 16 pages", "0", "0", f => Then(Unsynced, f, () =>
        {
            f.Truncate(0);
            f.Truncate(PinnedFile.Pages * PinnedFile.Page);
        })),
    ];

    private static void Clean(EmulatedFile file)
    {
        file.Sync();
        file.Write(Offset, 'D');
    }

    private static void Unsynced(EmulatedFile file)
    {
        Clean(file);
        file.Sync();
    }

    private static void Then(Action<EmulatedFile> first, EmulatedFile file, Action then)
    {
        first(file);
        then();
    }
}
