using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Linux.Tests.Memory;

public sealed class DescriptorStatusTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(FileAccess.Read, true, false)]
    [InlineData(FileAccess.Write, false, true)]
    [InlineData(FileAccess.ReadWrite, true, true)]
    public void Access_is_the_descriptors_not_the_files(FileAccess access, bool canRead, bool canWrite)
    {
        File.WriteAllText(_directory.File("f"), "x");
        using SafeFileHandle file = File.OpenHandle(_directory.File("f"), FileMode.Open, access);

        DescriptorStatus status = DescriptorStatus.Of(file);

        Assert.Equal((canRead, canWrite), (status.CanRead, status.CanWrite));
    }

    [Fact]
    public void Size_links_and_type_are_the_files()
    {
        File.WriteAllText(_directory.File("f"), "hello");
        using SafeFileHandle file = File.OpenHandle(_directory.File("f"));

        DescriptorStatus named = DescriptorStatus.Of(file);
        File.Delete(_directory.File("f"));
        DescriptorStatus unlinked = DescriptorStatus.Of(file);

        Assert.Equal((5ul, 1ul, true), (named.Size, named.Links, named.IsRegularFile));
        Assert.Equal((named.Device, named.Inode, 0ul), (unlinked.Device, unlinked.Inode, unlinked.Links));
    }

    [Fact]
    public void The_device_number_is_the_one_that_stat_gives()
    {
        using SafeFileHandle file = File.OpenHandle(_directory.File("f"), FileMode.Create, FileAccess.Write);
        _ = Mono.Unix.Native.Syscall.stat(_directory.File("f"), out Mono.Unix.Native.Stat stat);

        Assert.Equal((stat.st_dev, stat.st_ino), (DescriptorStatus.Of(file).Device, DescriptorStatus.Of(file).Inode));
    }

    [Fact]
    public void The_name_is_the_path()
    {
        using SafeFileHandle file = File.OpenHandle(_directory.File("f"), FileMode.Create, FileAccess.Write);

        Assert.Equal(_directory.File("f"), DescriptorStatus.NameOf(file));
    }

    [Fact]
    public void A_memory_file_is_a_regular_file_without_links()
    {
        using SafeFileHandle file = MemoryFile.CreateSealed("m", 1);
        DescriptorStatus status = DescriptorStatus.Of(file);

        Assert.True(status.IsRegularFile);
        Assert.Equal(0ul, status.Links);
        Assert.Equal("/memfd:m (deleted)", DescriptorStatus.NameOf(file));
    }
}
