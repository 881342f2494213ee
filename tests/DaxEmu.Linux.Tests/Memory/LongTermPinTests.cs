using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Linux.Tests.Memory;

/// <summary>Real long-term pins through io_uring.</summary>
public sealed class LongTermPinTests
{
    private const string InMemory = "/dev/shm";
    private static readonly long Page = Environment.SystemPageSize;

    [Fact]
    public void A_file_in_memory_can_be_pinned_and_keeps_bytes_blocks_and_time_stamps()
    {
        using SafeFileHandle file = NewFile(InMemory);
        RandomAccess.Write(file, new byte[] { 1, 2, 3 }, 0);
        RandomAccess.SetLength(file, 2 * Page);
        Abi.statx before = StatusOf(file);

        Assert.Equal(new PinAttempt(PinStep.Pin, 0), LongTermPin.Try(file, 0, Page, MemoryProtection.ReadWrite, synchronous: false));

        Abi.statx after = StatusOf(file);
        Assert.Equal((before.stx_size, before.stx_blocks), (after.stx_size, after.stx_blocks));
        Assert.Equal((before.stx_mtime, before.stx_ctime), (after.stx_mtime, after.stx_ctime));
        byte[] read = new byte[3];
        Assert.Equal(3, RandomAccess.Read(file, read, 0));
        Assert.Equal([1, 2, 3], read);
    }

    [Fact]
    public void A_read_only_mapping_is_refused_since_io_uring_pins_for_writing()
    {
        using SafeFileHandle file = NewFile(InMemory);
        RandomAccess.SetLength(file, Page);

        Assert.Equal(new PinAttempt(PinStep.Pin, EFAULT), LongTermPin.Try(file, 0, Page, MemoryProtection.Read, synchronous: false));
    }

    [Fact]
    public void A_page_past_the_end_is_not_touched_but_told()
    {
        using SafeFileHandle file = NewFile(InMemory);
        RandomAccess.SetLength(file, Page);

        Assert.Equal(PinStep.Load, LongTermPin.Try(file, 4 * Page, Page, MemoryProtection.ReadWrite, synchronous: false).Step);
    }

    [Fact]
    public void A_synchronous_mapping_is_refused_where_there_is_no_DAX()
    {
        using SafeFileHandle file = NewFile("/tmp");
        RandomAccess.SetLength(file, Page);

        Assert.Equal(new PinAttempt(PinStep.Map, EOPNOTSUPP), LongTermPin.Try(file, 0, Page, MemoryProtection.ReadWrite, synchronous: true));
    }

    private static SafeFileHandle NewFile(string directory) => File.OpenHandle(
        Path.Combine(directory, $"daxemu-pin-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.DeleteOnClose);

    private static Abi.statx StatusOf(SafeFileHandle file)
    {
        Assert.Equal(0, FileStatus.Status(file, STATX_BASIC_STATS, out Abi.statx status));
        return status;
    }
}
