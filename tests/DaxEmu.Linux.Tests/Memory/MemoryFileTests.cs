using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Linux.Tests.Memory;

public sealed class MemoryFileTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(8192)]
    public void A_sealed_file_can_neither_shrink_nor_grow(long length)
    {
        using SafeFileHandle file = MemoryFile.CreateSealed("sealed", 4096);

        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(file, length));

        Assert.Equal(4096ul, DescriptorStatus.Of(file).Size);
        Assert.True(MemoryFile.IsSealedAgainstShrinking(file));
    }

    [Fact]
    public void An_ordinary_file_is_not_sealed()
    {
        using TemporaryDirectory directory = new();
        using SafeFileHandle file = File.OpenHandle(directory.File("f"), FileMode.Create, FileAccess.ReadWrite);

        Assert.False(MemoryFile.IsSealedAgainstShrinking(file));
    }
}
