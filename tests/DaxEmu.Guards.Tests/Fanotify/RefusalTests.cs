using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>What changes the blocks under a pin is refused on the real file, without a mount; and works where no pin is.</summary>
public sealed class RefusalTests(Filesystems filesystems) : IClassFixture<Filesystems>
{
    public static TheoryData<string, string> Operations
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (string filesystem in new[] { "ext4", "xfs", "btrfs" })
            {
                foreach (FileOperation operation in FileOperation.All.Where(o => o.WorksOn(filesystem)))
                {
                    rows.Add(filesystem, operation.Name);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task An_operation_on_a_pinned_range_is_refused_with_ETXTBSY_and_works_without_the_pin(string filesystem, string name)
    {
        FileOperation operation = FileOperation.All.Single(o => o.Name == name);
        using GuardedDirectory directory = new(filesystems.On(filesystem));
        string file = directory.WriteFile("data");
        using OpenedFile other = new(directory.WriteFile("other"), Libc.O_RDWR);
        using OpenedFile before = new(file, Libc.O_RDWR);
        byte[] bytes = File.ReadAllBytes(file);
        using (await directory.Pin(file, 4, 8))
        {
            using OpenedFile after = new(file, Libc.O_RDWR);

            Assert.Equal(-ETXTBSY, operation.Run(file, before.Descriptor, other.Descriptor));
            Assert.Equal(-ETXTBSY, operation.Run(file, after.Descriptor, other.Descriptor));

            Assert.Equal(bytes, File.ReadAllBytes(file));
            LayoutDecided[] asked = [.. directory.Journal.Of().OfType<LayoutDecided>()];
            Assert.Equal(2, asked.Length);
            Assert.All(asked, a => Assert.Equal(
                (operation.Kind, operation.Range, file, Environment.ProcessId),
                (a.Operation.Kind, a.Operation.Range, a.Operation.Path, a.Operation.Requester.ProcessId)));
        }

        Assert.Equal(0, operation.Run(file, before.Descriptor, other.Descriptor));
    }

    [Fact]
    public async Task Ordinary_programs_are_told_that_the_file_is_busy()
    {
        using GuardedDirectory directory = new();
        string file = directory.WriteFile("data");
        using (await directory.Pin(file, 4, 8))
        {
            Command.Run("truncate", "-s", "7", file).MustFailWith("Text file busy");
            Command.Run("dd", "if=/dev/zero", $"of={file}", "bs=1", "count=1").MustFailWith("Text file busy");
            Command.Run("fallocate", "--punch-hole", "-o", $"{7 * Libc.Page}", "-l", $"{Libc.Page}", file).MustFailWith("Text file busy");
            Command.Run("fallocate", "--punch-hole", "-o", $"{8 * Libc.Page}", "-l", $"{Libc.Page}", file).MustSucceed();
            Command.Run("truncate", "-s", $"{8 * Libc.Page}", file).MustSucceed();
            Command.Shell($"cd {directory.Path}; mv data moved; ln moved linked; rm moved; mkdir d; mv linked d/again").MustSucceed();
            Command.Run("truncate", "-s", "0", Path.Combine(directory.Path, "d", "again")).MustFailWith("Text file busy");
        }

        Command.Run("truncate", "-s", "0", Path.Combine(directory.Path, "d", "again")).MustSucceed();
    }

    /// <summary>cp(1) falls back to reading and writing; on a filesystem that does not share blocks copy_file_range(2) only writes.</summary>
    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task A_pinned_file_can_be_copied_and_copied_into_and_shares_no_blocks(string filesystem)
    {
        using GuardedDirectory directory = new(filesystems.On(filesystem));
        string file = directory.WriteFile("data");
        string other = directory.WriteFile("other", 20);
        using PinnedPages pin = await directory.Pin(file, 0, 16);

        Command.Run("cp", file, other).MustSucceed();
        using OpenedFile source = new(other, Libc.O_RDONLY);
        using OpenedFile target = new(file, Libc.O_RDWR);
        long copied = Libc.CopyFileRange(source.Descriptor, 0, target.Descriptor, 2 * Libc.Page, Libc.Page);

        Assert.Equal(filesystem == "ext4" ? Libc.Page : -ETXTBSY, copied);
        Assert.Equal((byte)'p', File.ReadAllBytes(other)[15 * Libc.Page]);
        Assert.DoesNotContain("shared", Command.Run("filefrag", "-v", file).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal(
            filesystem == "ext4" ? [] : [(LayoutOperationKind.ReflinkInto, ByteRange.OfLength(2 * Libc.Page, Libc.Page), true)],
            directory.Journal.Of().OfType<LayoutDecided>()
                .Where(e => e.Operation.Requester.ProcessId == Environment.ProcessId)
                .Select(e => (e.Operation.Kind, e.Operation.Range, e.IsAvoidable)));
    }

    /// <summary>By a bind mount, and in a mount namespace of its own, where the volume's path leads elsewhere.</summary>
    [Fact]
    public async Task A_pinned_file_is_the_volumes_by_whatever_mount_it_is_reached()
    {
        using GuardedDirectory directory = new(filesystems.On("ext4"));
        string file = directory.WriteFile("data");
        Command.Shell($"setfattr -n user.daxemu.policy -v deny {file}").MustSucceed();
        using PinnedPages pin = await directory.Pin(file, 4, 8);
        const string Script = "d=$(mktemp -d); mount --bind \"$1\" $d; mount -t tmpfs none \"$1\"; truncate -s 0 $d/data; e=$?; umount $d; rmdir $d; exit $e";

        Command.Run("unshare", "--mount", "sh", "-c", Script, "sh", directory.Path).MustFailWith("Text file busy");

        LayoutDecided asked = Assert.Single(directory.Journal.Of().OfType<LayoutDecided>());
        Assert.Equal((file, PolicyScope.File), (asked.Operation.Path, asked.Policy.Scope));
    }

    [Fact]
    public void A_file_that_was_opened_by_another_mount_is_the_volumes_and_one_beside_the_volume_is_not()
    {
        using GuardedDirectory directory = new(filesystems.On("ext4"));
        string file = directory.WriteFile("data");
        string beside = Path.Combine(filesystems.On("ext4"), "beside");
        string again = Directory.CreateTempSubdirectory("daxemu-again-").FullName;
        File.WriteAllText(beside, "not the volume's");
        Command.Run("mount", "--bind", filesystems.On("ext4"), again).MustSucceed();
        try
        {
            string other = Path.Combine(again, Path.GetFileName(directory.Path), "data");
            using SafeFileHandle opened = File.OpenHandle(other);
            using SafeFileHandle stranger = File.OpenHandle(Path.Combine(again, "beside"));

            Assert.True(directory.Guard.TryResolveBacking(opened, out BackingFile? backing));
            Assert.False(directory.Guard.TryResolveBacking(stranger, out _));
            Assert.Equal(file, backing.Path);
            backing.Dispose();
        }
        finally
        {
            Command.Run("umount", again).MustSucceed();
            Directory.Delete(again);
        }
    }

    [Fact]
    public async Task Who_copies_by_sharing_blocks_may_do_so_where_no_pin_is()
    {
        using GuardedDirectory directory = new(filesystems.On("xfs"));
        string file = directory.WriteFile("data");
        using OpenedFile target = new(file, Libc.O_RDWR);
        using OpenedFile source = new(directory.WriteFile("other"), Libc.O_RDONLY);
        using PinnedPages pin = await directory.Pin(file, 4, 8);

        Assert.Equal(Libc.Page, Libc.CopyFileRange(source.Descriptor, 0, target.Descriptor, 10 * Libc.Page, Libc.Page));
    }

    [Fact]
    public async Task Under_the_policy_ignore_an_operation_is_refused_and_changes_nothing()
    {
        using GuardedDirectory directory = new();
        string file = directory.WriteFile("data");
        Command.Shell($"setfattr -n user.daxemu.policy -v ignore {file}").MustSucceed();
        using PinnedPages pin = await directory.Pin(file, 4, 8);

        Assert.Equal(-ETXTBSY, Libc.Truncate(file, 0));

        Assert.Equal(16 * Libc.Page, new FileInfo(file).Length);
        Assert.Contains(directory.Guard.Gaps, g => g.Contains("ignore", StringComparison.Ordinal));
    }
}
