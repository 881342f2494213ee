using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Tests.Memory;

public sealed class MemoryMappingTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Stores_reach_the_file()
    {
        using SafeFileHandle file = FileOf(new byte[8192]);
        using MemoryMapping mapping = MemoryMapping.Map(file, 0, 8192, MemoryProtection.ReadWrite);

        mapping.Slice(4096, 3).Fill(9);

        byte[] seen = new byte[8192];
        RandomAccess.Read(file, seen, 0);
        Assert.Equal([0, 9, 9, 9, 0], seen.AsSpan(4095, 5).ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4097)]
    public void A_range_may_start_anywhere(int offset)
    {
        byte[] content = [.. Enumerable.Range(0, 16384).Select(i => (byte)(i * 7 / 5))];
        using SafeFileHandle file = FileOf(content);
        using MemoryMapping mapping = MemoryMapping.Map(file, offset, 5000, MemoryProtection.Read);

        Assert.Equal(5000, mapping.Length);
        Assert.True(mapping.Slice(0, 5000).SequenceEqual(content.AsSpan(offset, 5000)));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(4095, 2)]
    [InlineData(4097, 0)]
    [InlineData(0, 4097)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(0, -1)]
    public void A_slice_outside_the_range_is_refused(long offset, int length)
    {
        using SafeFileHandle file = FileOf(new byte[4096]);
        using MemoryMapping mapping = MemoryMapping.Map(file, 0, 4096, MemoryProtection.ReadWrite);

        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.Slice(offset, length).Length);
    }

    [Fact]
    public void A_slice_of_a_disposed_mapping_is_refused()
    {
        using SafeFileHandle file = FileOf(new byte[4096]);
        MemoryMapping mapping = MemoryMapping.Map(file, 0, 4096, MemoryProtection.Read);
        mapping.Dispose();

        Assert.Throws<ObjectDisposedException>(() => mapping.Slice(0, 1).Length);
    }

    [Fact]
    public void Writing_needs_a_descriptor_open_for_writing()
    {
        FileOf(new byte[4096]).Dispose();
        using SafeFileHandle file = File.OpenHandle(_directory.File("f"));

        LinuxException refused = Assert.Throws<LinuxException>(() => MemoryMapping.Map(file, 0, 4096, MemoryProtection.ReadWrite));

        Assert.Equal(EACCES, refused.Errno);
    }

    [Fact]
    public void A_filesystem_without_MAP_SYNC_gives_an_ordinary_shared_mapping()
    {
        using SafeFileHandle file = MemoryFile.CreateSealed("m", 4096);
        using MemoryMapping mapping = MemoryMapping.MapSyncIfPossible(file, 0, 4096, MemoryProtection.ReadWrite);

        Assert.False(mapping.IsSync);
        mapping.At<ulong>(8) = 5;
        Assert.Equal(5, mapping.Slice(8, 1)[0]);
    }

    private SafeFileHandle FileOf(byte[] content)
    {
        string path = _directory.File("f");
        File.WriteAllBytes(path, content);
        return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }
}
