using System.Runtime.InteropServices;
using System.Text;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>The calls that .NET has no method for; each returns 0 or an errno.</summary>
internal static partial class Libc
{
    internal const int FALLOC_FL_KEEP_SIZE = 1;
    internal const int FALLOC_FL_PUNCH_HOLE = 2;
    internal const int FALLOC_FL_COLLAPSE_RANGE = 8;
    internal const int FALLOC_FL_ZERO_RANGE = 16;
    internal const int FALLOC_FL_INSERT_RANGE = 32;

    private const int O_DIRECT = 0x4000;
    private const int MS_SYNC = 4;
    private const int POSIX_FADV_DONTNEED = 4;
    private const int MADV_REMOVE = 9;
    private const int PROT_NONE = 0;
    private const int MAP_PRIVATE = 2;
    private const int MAP_FIXED = 16;
    private const int MAP_ANONYMOUS = 32;

    internal static int Allocate(SafeFileHandle file, int mode, long offset, long length) => Errno(fallocate(file, mode, offset, length));

    internal static int Truncate(string path, long length) => Errno(truncate(path, length));

    internal static int Link(string path, string name) => Errno(link(path, name));

    /// <summary>posix_fadvise(POSIX_FADV_DONTNEED) on a whole file.</summary>
    internal static int Forget(SafeFileHandle file) => posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);

    internal static int Remove(nint address, long length) => Errno(madvise(address, (nuint)length, MADV_REMOVE));

    /// <summary>Nothing is mapped there any more, and nothing else will be.</summary>
    internal static int Unmap(nint address, long length) =>
        mmap(address, (nuint)length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == -1 ? Marshal.GetLastPInvokeError() : 0;

    /// <summary>Sets a file's policy.</summary>
    internal static int SetPolicy(string path, string policy)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        return -FileStatus.SetExtended(file, Encoding.ASCII.GetBytes(PolicyName.Attribute + "\0"), Encoding.ASCII.GetBytes(policy), 0);
    }

    /// <summary>msync(MS_SYNC).</summary>
    internal static int Sync(nint address, long length) => Errno(msync(address, (nuint)length, MS_SYNC));

    /// <summary>Reads a byte of a file with O_DIRECT, past its page cache; -1 past its end.</summary>
    internal static unsafe int OnDisk(string path, long offset)
    {
        int errno = -FileContents.Open(path, O_DIRECT, out SafeFileHandle? file);
        Assert.True(errno <= 0, $"open({path}, O_DIRECT): errno {errno}");
        void* block = NativeMemory.AlignedAlloc(PinnedFile.Page, PinnedFile.Page);
        try
        {
            Span<byte> bytes = new(block, PinnedFile.Page);
            long start = offset - (offset % PinnedFile.Page);
            int read = FileContents.ReadAt(file!, bytes, start);
            Assert.True(read >= 0, $"read({path}) with O_DIRECT: errno {-read}");
            return offset - start < read ? bytes[(int)(offset - start)] : -1;
        }
        finally
        {
            NativeMemory.AlignedFree(block);
            file!.Dispose();
        }
    }

    private static int Errno(int returned) => returned < 0 ? Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string path, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int truncate(string path, long length);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int msync(nint address, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, long offset);
}
