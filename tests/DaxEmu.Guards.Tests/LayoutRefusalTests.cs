using DaxEmu.Contract;
using DaxEmu.Guards.Fuse;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_falloc;

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

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Ftruncate_through_a_descriptor_opened_before_the_pin_is_refused_with_ETXTBSY(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        using OpenedFile file = new(volume.WriteFile("data"), Libc.O_RDWR);
        using (await volume.Pin("data", 4, 8))
        {
            Assert.Equal(-ETXTBSY, Libc.Ftruncate(file.Descriptor, 0));
            Assert.Equal(0, Libc.Ftruncate(file.Descriptor, 20 * Libc.Page));
            Assert.Equal(0, Libc.Ftruncate(file.Descriptor, 8 * Libc.Page));
        }

        Assert.Equal(0, Libc.Ftruncate(file.Descriptor, 0));
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Open_with_O_TRUNC_is_refused_with_ETXTBSY_and_is_told_from_a_truncate(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        string file = volume.WriteFile("data");
        using (await volume.Pin("data", 4, 8))
        {
            Command.Run("dd", "if=/dev/zero", $"of={file}", "bs=1", "count=1").MustFailWith(Busy);
            Assert.Equal(-ETXTBSY, Libc.Open(file, Libc.O_WRONLY | Libc.O_TRUNC));
            Assert.Equal(16 * Libc.Page, new FileInfo(file).Length);

            LayoutOperation refused = volume.Journal.Of().OfType<LayoutDecided>().Last().Operation;
            Assert.Equal(LayoutOperationKind.OpenTruncate, refused.Kind);
            Assert.Equal(Environment.ProcessId, refused.Requester.ProcessId);
            Assert.Equal(file, refused.Path);
        }

        Command.Run("dd", "if=/dev/zero", $"of={file}", "bs=1", "count=1").MustSucceed();
        Assert.Equal(1, new FileInfo(volume.Under("data")).Length);
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Punching_a_pinned_range_is_refused_with_ETXTBSY(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        string file = volume.WriteFile("data");
        using (await volume.Pin("data", 4, 8))
        {
            Punch(file, page: 7).MustFailWith(Busy);
            Punch(file, page: 8).MustSucceed();
        }

        Punch(file, page: 7).MustSucceed();
        byte[] bytes = File.ReadAllBytes(file);
        Assert.Equal((byte)'g', bytes[6 * Libc.Page]);
        Assert.Equal(0, bytes[7 * Libc.Page]);
        Assert.Equal(0, bytes[8 * Libc.Page]);
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Zeroing_a_pinned_range_is_refused_with_ETXTBSY(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        using OpenedFile file = new(volume.WriteFile("data"), Libc.O_RDWR);
        using (await volume.Pin("data", 4, 8))
        {
            Assert.Equal(-ETXTBSY, Libc.Fallocate(file.Descriptor, FALLOC_FL_ZERO_RANGE, 4 * Libc.Page, Libc.Page));
            Assert.Equal(0, Libc.Fallocate(file.Descriptor, FALLOC_FL_ZERO_RANGE, 0, 4 * Libc.Page));
        }

        Assert.Equal(0, Libc.Fallocate(file.Descriptor, FALLOC_FL_ZERO_RANGE, 4 * Libc.Page, Libc.Page));
        Assert.Equal(0, File.ReadAllBytes(volume.On("data"))[4 * Libc.Page]);
    }

    /// <summary>fs/fuse/file.c: the kernel forwards neither, pinned or not.</summary>
    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Collapse_and_insert_are_not_supported_by_FUSE_at_all(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        using OpenedFile file = new(volume.WriteFile("data"), Libc.O_RDWR);
        using PinnedPages pin = await volume.Pin("data", 4, 8);
        foreach (uint mode in new[] { FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE })
        {
            Assert.Equal(-EOPNOTSUPP, Libc.Fallocate(file.Descriptor, mode, 0, Libc.Page));
        }
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Madvise_remove_on_a_mapping_made_before_the_pin_is_refused_with_ETXTBSY(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        SkipWithoutWatch(volume);
        using MappedFile file = new(volume.WriteFile("data"), 16);
        Assert.Equal(0, file.Remove(page: 0));
        using (await volume.Pin("data", 4, 8))
        {
            Assert.Equal(-ETXTBSY, file.Remove(page: 4));
            Assert.Equal(-ETXTBSY, file.Remove(page: 7));
            Assert.Equal(0, file.Remove(page: 8));
            Assert.Equal((byte)'e', file.Bytes[4 * Libc.Page]);
            Assert.Equal(0, file.Bytes[8 * Libc.Page]);
        }

        Assert.Equal(0, file.Remove(page: 4));
        Assert.Equal(0, file.Bytes[4 * Libc.Page]);
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Madvise_remove_is_refused_when_only_the_mapping_is_left_of_the_open_file(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        SkipWithoutWatch(volume);
        using MappedFile file = new(volume.WriteFile("data"), 16);
        file.CloseDescriptor();
        using (await volume.Pin("data", 4, 8))
        {
            Assert.Equal(-ETXTBSY, file.Remove(page: 4));
        }

        using (await volume.Pin("data", 4, 8))
        {
            Assert.Equal(-ETXTBSY, file.Remove(page: 5));
        }

        Assert.Equal(0, file.Remove(page: 4));
    }

    /// <summary>Descriptors tell of punches when a mark was there as they were opened, and the mark goes as soon as the last opening is seen to be done.</summary>
    [Fact]
    public async Task Madvise_remove_is_refused_through_every_one_of_many_descriptors_opened_at_once_before_the_pin()
    {
        const int Openers = 8;
        const int Each = 40;
        using MountedVolume volume = new(FuseDataPath.Passthrough);
        SkipWithoutWatch(volume);
        string file = volume.WriteFile("data");
        using Barrier start = new(Openers);
        MappedFile[] opened = [.. (await Task.WhenAll(Enumerable.Range(0, Openers).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return Enumerable.Range(0, Each).Select(_ => new MappedFile(file, 16)).ToArray();
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)))).SelectMany(f => f)];

        int[] answers;
        using (await volume.Pin("data", 4, 8))
        {
            answers = [.. opened.Select(f => f.Remove(page: 4))];
        }

        Array.ForEach(opened, f => f.Dispose());
        Assert.All(answers, a => Assert.Equal(-ETXTBSY, a));
    }

    [Fact]
    public async Task A_file_without_pins_carries_no_mark_once_it_is_open_so_that_reads_and_writes_cost_nothing()
    {
        using MountedVolume volume = new(FuseDataPath.Passthrough);
        SkipWithoutWatch(volume);
        using OpenedFile file = new(volume.WriteFile("data"), Libc.O_RDWR);
        MustLoseItsMark();
        using (await volume.Pin("data", 4, 8))
        {
            using OpenedFile while_pinned = new(volume.On("data"), Libc.O_RDWR);
            Assert.Contains(Marks(), m => m.Contains(" mask:100000 ", StringComparison.Ordinal));
        }

        MustLoseItsMark();

        // The event of an opening comes after it.
        void MustLoseItsMark() => Assert.True(SpinWait.SpinUntil(() => !Marks().Any(), TimeSpan.FromSeconds(30)), string.Join('\n', Marks()));
    }

    /// <summary>What the two tests above would see if the watch did not work: the kernel takes such a punch past FUSE.</summary>
    [Fact]
    public async Task Madvise_remove_slips_past_a_guard_that_was_not_told_of_the_pin()
    {
        using MountedVolume volume = new(FuseDataPath.Passthrough);
        using MappedFile file = new(volume.WriteFile("data"), 16);
        using PinnedPages pin = await volume.Pin("data", 4, 8);
        volume.Guard.OnUnpinned(pin.Pin.Request.File);

        Assert.Equal(0, file.Remove(page: 4));

        Assert.True(volume.Guard.OnPinned(pin.Pin.Request.File));
        Assert.Equal(-ETXTBSY, file.Remove(page: 5));
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Reading_writing_and_growing_a_pinned_file_go_on(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        string file = volume.WriteFile("data");
        using PinnedPages pin = await volume.Pin("data", 0, 16);

        Command.Run("dd", "if=/dev/zero", $"of={file}", "bs=4096", "seek=4", "count=2", "conv=notrunc").MustSucceed();
        Command.Run("truncate", "-s", $"{32 * Libc.Page}", file).MustSucceed();
        Command.Run("fallocate", "-l", $"{64 * Libc.Page}", file).MustSucceed();

        byte[] bytes = File.ReadAllBytes(file);
        Assert.Equal(64 * Libc.Page, bytes.Length);
        Assert.Equal(0, bytes[4 * Libc.Page]);
        Assert.Equal((byte)'g', bytes[6 * Libc.Page]);
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task A_pinned_file_can_be_renamed_linked_and_unlinked_and_stays_pinned_under_every_name(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        volume.WriteFile("data");
        using (await volume.Pin("data", 4, 8))
        {
            Command.Shell($"cd {volume.Mount}; mv data moved; ln moved linked; rm moved; mkdir d; mv linked d/again").MustSucceed();
            Command.Run("truncate", "-s", "0", volume.On("d/again")).MustFailWith(Busy);
        }

        Command.Run("truncate", "-s", "0", volume.On("d/again")).MustSucceed();
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Replacing_a_pinned_file_by_a_rename_succeeds_and_the_pin_stays_with_the_file_not_the_name(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        string file = volume.WriteFile("data");
        using OpenedFile old = new(file, Libc.O_RDWR);
        using (await volume.Pin("data", 4, 8))
        {
            File.Move(volume.WriteFile("new"), file, overwrite: true);
            Command.Run("truncate", "-s", "0", file).MustSucceed();
            Assert.Equal(-ETXTBSY, Libc.Ftruncate(old.Descriptor, 0));
        }

        Assert.Equal(0, Libc.Ftruncate(old.Descriptor, 0));
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Exchanging_names_takes_the_pin_along_with_the_file(FuseDataPath dataPath)
    {
        const uint Exchange = 2;
        using MountedVolume volume = new(dataPath);
        string pinned = volume.WriteFile("pinned");
        string free = volume.WriteFile("free");
        using (await volume.Pin("pinned", 4, 8))
        {
            Assert.Equal(0, Libc.Rename(pinned, free, Exchange));
            Command.Run("truncate", "-s", "0", free).MustFailWith(Busy);
            Command.Run("truncate", "-s", "0", pinned).MustSucceed();
        }

        Command.Run("truncate", "-s", "0", free).MustSucceed();
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Under_the_policy_ignore_a_truncate_reports_success_and_changes_nothing(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        string file = volume.WriteFile("data");
        Command.Shell($"setfattr -n user.daxemu.policy -v ignore {file}").MustSucceed();
        using PinnedPages pin = await volume.Pin("data", 4, 8);

        Command.Run("truncate", "-s", "0", file).MustSucceed();
        Punch(file, page: 4).MustSucceed();
        Assert.Equal(0, Libc.Truncate(file, 0));

        byte[] bytes = File.ReadAllBytes(file);
        Assert.Equal(16 * Libc.Page, bytes.Length);
        Assert.Equal((byte)'e', bytes[4 * Libc.Page]);
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public async Task Copying_into_a_pinned_range_copies_bytes_and_shares_no_blocks(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        string from = volume.WriteFile("from");
        string to = volume.WriteFile("to", pages: 20);
        using PinnedPages pin = await volume.Pin("to", 0, 20);

        using OpenedFile source = new(from, Libc.O_RDONLY);
        using OpenedFile target = new(to, Libc.O_RDWR);
        Assert.Equal(2 * Libc.Page, Libc.CopyFileRange(source.Descriptor, 0, target.Descriptor, 2 * Libc.Page, 2 * Libc.Page));

        Assert.Equal((byte)'a', File.ReadAllBytes(to)[2 * Libc.Page]);
        Assert.DoesNotContain(volume.Journal.Of(), e => e is LayoutDecided);
    }

    // proc(5), fdinfo: this process has no other groups while tests do not run side by side.
    private static IEnumerable<string> Marks() => Directory.GetFiles("/proc/self/fdinfo")
        .SelectMany(f => File.Exists(f) ? File.ReadAllLines(f) : [])
        .Where(l => l.StartsWith("fanotify ino:", StringComparison.Ordinal));

    private static void SkipWithoutWatch(MountedVolume volume)
    {
        if (volume.Guard.Gaps.FirstOrDefault(g => g.Contains("pre-content", StringComparison.Ordinal)) is { } gap)
        {
            volume.Dispose();
            Assert.Skip(gap);
        }
    }

    private static Command Punch(string file, int page) =>
        Command.Run("fallocate", "--punch-hole", "-o", $"{page * Libc.Page}", "-l", $"{Libc.Page}", file);
}
