using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device.Tests;

/// <summary>The admission rules on real filesystems: what is seen of a file's blocks, and what is done to them.</summary>
public sealed class AdmissionFilesystemTests
{
    private static readonly AdmissionRules Strict = new(HoleRule.Refuse, SharedExtentRule.Refuse, UnstableFileRule.Refuse);

    public static TheoryData<string> All => ["ext4", "xfs", "btrfs", "tmpfs"];

    [Theory]
    [MemberData(nameof(All))]
    public void A_hole_is_left_alone_filled_or_refused(string type)
    {
        using AdmissionVolume volume = new(type);
        string file = volume.Sparse("data");
        string half = volume.Write("half", 8);
        using (FileStream longer = new(half, FileMode.Open))
        {
            longer.SetLength((long)AdmissionVolume.Length);
        }

        Assert.Equal(0, volume.Register(file).Errno);
        Assert.Equal(0, AdmissionVolume.AllocatedBy(file));

        volume.Device.FilePolicy.Rules = new(Holes: HoleRule.Refuse);
        Assert.Equal(EFAULT, volume.Register(file).Errno);
        Assert.Equal(0, volume.Register(half, 0, 8).Errno);
        (int errno, string text) = volume.Register(half);
        Assert.Equal(EFAULT, errno);
        Assert.Contains("The bytes [32768, 65536) have no block (Admission:Holes is refuse)", text, StringComparison.Ordinal);

        volume.Device.FilePolicy.Rules = new(Holes: HoleRule.Allocate);
        Assert.Equal(0, volume.Register(file, 4, 12).Errno);
        Assert.Equal(0, volume.Register(half).Errno);
        Assert.Equal(8 * AdmissionVolume.Page, AdmissionVolume.AllocatedBy(file));
        Assert.True(AdmissionVolume.AllocatedBy(half) >= (long)AdmissionVolume.Length);
        byte[] content = File.ReadAllBytes(half);
        Assert.Equal(AdmissionVolume.Length, (ulong)content.Length);
        Assert.Equal((byte)'h', content[(8 * AdmissionVolume.Page) - 1]);
        Assert.All(content[(8 * AdmissionVolume.Page)..], b => Assert.Equal(0, b));
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void An_unwritten_extent_counts_as_a_hole_until_it_is_written(string type)
    {
        using AdmissionVolume volume = new(type);
        string file = Path.Combine(volume.Path, "data");
        LoopVolume.Run("fallocate", "-l", $"{AdmissionVolume.Length}", file);
        volume.Device.FilePolicy.Rules = new(Holes: HoleRule.Refuse);

        (int errno, string text) = volume.Register(file);
        Assert.Equal(EFAULT, errno);
        Assert.Contains("were never written", text, StringComparison.Ordinal);

        volume.Device.FilePolicy.Rules = new(Holes: HoleRule.Allocate);
        Assert.Equal(0, volume.Register(file).Errno);
        volume.Write("data");
        volume.Device.FilePolicy.Rules = new(Holes: HoleRule.Refuse);
        Assert.Equal(0, volume.Register(file).Errno);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Holes_for_which_there_is_no_room_are_ENOSPC(string type)
    {
        using AdmissionVolume volume = new(type);
        string file = Path.Combine(volume.Path, "data");
        using (FileStream huge = File.Create(file))
        {
            huge.SetLength(1L << 30);
        }

        volume.Device.FilePolicy.Rules = new(Holes: HoleRule.Allocate);

        (int errno, string text) = volume.Register(file, 0, 1 << 18);

        Assert.Equal(ENOSPC, errno);
        Assert.Contains("No blocks could be had", text, StringComparison.Ordinal);
        Assert.Empty(volume.Device.Contract.PinsOf());
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void Blocks_that_a_clone_shares_are_seen_and_refused_or_given_to_the_file_alone(string type)
    {
        using AdmissionVolume volume = new(type);
        string file = volume.Write("data");
        string clone = Path.Combine(volume.Path, "clone");
        byte[] content = File.ReadAllBytes(file);
        volume.Device.FilePolicy.Rules = new(SharedExtents: SharedExtentRule.Refuse);
        Assert.Equal(0, volume.Register(file).Errno);
        LoopVolume.Run("cp", "--reflink=always", file, clone);

        foreach (string either in (string[])[file, clone])
        {
            (int errno, string text) = volume.Register(either);
            Assert.Equal(EBUSY, errno);
            Assert.Contains("The bytes [0, 65536) share blocks", text, StringComparison.Ordinal);
        }

        // A part of the file alone, then all.
        volume.Device.FilePolicy.Rules = new(SharedExtents: SharedExtentRule.Unshare);
        Assert.Equal(0, volume.Register(file, 2, 4).Errno);
        volume.Device.FilePolicy.Rules = new(SharedExtents: SharedExtentRule.Refuse);
        Assert.Equal(0, volume.Register(file, 2, 4).Errno);
        Assert.Equal(EBUSY, volume.Register(file).Errno);
        volume.Device.FilePolicy.Rules = new(SharedExtents: SharedExtentRule.Unshare);
        Assert.Equal(0, volume.Register(file).Errno);
        volume.Device.FilePolicy.Rules = new(SharedExtents: SharedExtentRule.Refuse);
        Assert.Equal(0, volume.Register(file).Errno);
        Assert.Equal(content, File.ReadAllBytes(file));
        Assert.Equal(content, File.ReadAllBytes(clone));
    }

    [Fact]
    public void Blocks_that_a_snapshot_shares_are_seen()
    {
        using AdmissionVolume volume = new("btrfs");
        LoopVolume.Run("btrfs", "-q", "subvolume", "create", Path.Combine(volume.Path, "volume"));
        string file = volume.Write("volume/data");
        volume.Device.FilePolicy.Rules = new(SharedExtents: SharedExtentRule.Refuse);
        Assert.Equal(0, volume.Register(file).Errno);

        LoopVolume.Run("btrfs", "-q", "subvolume", "snapshot", "-r", Path.Combine(volume.Path, "volume"), Path.Combine(volume.Path, "then"));

        Assert.Equal(EBUSY, volume.Register(file).Errno);
        volume.Device.FilePolicy.Rules = new(SharedExtents: SharedExtentRule.Unshare);
        Assert.Equal(0, volume.Register(file).Errno);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_plain_file_is_granted_under_all_rules_but_where_its_filesystem_moves_blocks(string type)
    {
        using AdmissionVolume volume = new(type);
        string file = volume.Write("data");
        volume.Device.FilePolicy.Rules = Strict;

        (int errno, string text) = volume.Register(file);

        Assert.Equal((type, type == "btrfs" ? EOPNOTSUPP : 0), (type, errno));
        if (type == "btrfs")
        {
            Assert.Contains("chattr +C", text, StringComparison.Ordinal);
            LoopVolume.Run("mkdir", Path.Combine(volume.Path, "in-place"));
            LoopVolume.Run("chattr", "+C", Path.Combine(volume.Path, "in-place"));
            Assert.Equal(0, volume.Register(volume.Write("in-place/data")).Errno);
        }
    }

    [Fact]
    public void Compressed_and_inline_bytes_are_seen()
    {
        using AdmissionVolume volume = new("btrfs");
        volume.Device.FilePolicy.Rules = Strict;
        string compressed = volume.Sparse("compressed");
        LoopVolume.Run("chattr", "+c", compressed);
        volume.Write("compressed");
        Assert.Contains("compressed", volume.Register(compressed).Text, StringComparison.Ordinal);

        string tiny = Path.Combine(volume.Path, "tiny");
        File.WriteAllText(tiny, "tiny");
        LoopVolume.Run("sync", tiny);
        using FileStream file = new(tiny, FileMode.Open, FileAccess.ReadWrite);
        FileLayout layout = new DescriptorLayout(file.SafeFileHandle).Look(new(0, 4));
        Assert.True(layout.Instabilities.HasFlag(FileInstabilities.Inline));
    }

    [Fact]
    public void To_look_for_holes_leaves_the_offset_of_the_clients_own_descriptor_where_it_is()
    {
        // No filesystem gives less of a map: holes are found by lseek(2) alone.
        using AdmissionVolume volume = new("tmpfs");
        volume.Device.FilePolicy.Rules = new(Holes: HoleRule.Refuse);
        using SafeFileHandle file = File.OpenHandle(volume.Sparse("sparse"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.Write(file, new byte[AdmissionVolume.Page], 0);
        string offset = $"pos:\t{FileContents.Seek(file, -5, unistd.SEEK_END)}";

        Assert.Equal(EFAULT, volume.Register(file).Errno);
        Assert.Equal(0, volume.Register(file, toPage: 1).Errno);

        Assert.Equal(offset, File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}").First());
    }
}
