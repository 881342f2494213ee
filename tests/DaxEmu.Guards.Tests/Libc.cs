using System.Runtime.InteropServices;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>The calls that no ordinary program makes; a result below 0 is the negated errno.</summary>
internal static unsafe partial class Libc
{
    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_TRUNC = 0x200;
    internal const int O_CLOEXEC = 0x80000;
    internal const int MADV_REMOVE = 9;
    internal const int Page = 4096;

    internal static int Open(string path, int flags) => Result(open(path, flags | O_CLOEXEC, 0x1a4));

    internal static void Close(int descriptor) => close(descriptor);

    internal static int Truncate(string path, long length) => Result(truncate(path, length));

    internal static int Ftruncate(int descriptor, long length) => Result(ftruncate(descriptor, length));

    internal static int Fallocate(int descriptor, uint mode, long offset, long length) =>
        Result(fallocate(descriptor, (int)mode, offset, length));

    /// <summary>openat2(2) of an absolute path.</summary>
    internal static int OpenHow(string path, int flags)
    {
        byte[] name = System.Text.Encoding.UTF8.GetBytes(path + "\0");
        ulong* how = stackalloc ulong[3] { (uint)(flags | O_CLOEXEC), 0, 0 };
        fixed (byte* n = name)
        {
            return Result((int)syscall(437, -100, (nint)n, (nint)how, 24));
        }
    }

    /// <summary>open(2), which libc calls openat(2) instead of, where there still is one.</summary>
    internal static int OpenAsOfOld(string path, int flags)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return Open(path, flags);
        }

        byte[] name = System.Text.Encoding.UTF8.GetBytes(path + "\0");
        fixed (byte* n = name)
        {
            return Result((int)syscall(2, (nint)n, flags | O_CLOEXEC, 0, 0));
        }
    }

    /// <summary>open_by_handle_at(2) of a path, by a descriptor on its filesystem.</summary>
    internal static int OpenByHandle(string path, int mount, int flags)
    {
        // struct file_handle {unsigned handle_bytes; int handle_type; unsigned char f_handle[];}.
        int* handle = stackalloc int[34];
        handle[0] = 128;
        int mountId;
        int named = Result(name_to_handle_at(-100, path, handle, &mountId, 0));
        return named < 0 ? named : Result(open_by_handle_at(mount, handle, flags | O_CLOEXEC));
    }

    internal static int Create(string path) => Result(creat(path, 0x1a4));

    internal static int Control(int descriptor, uint request, nint argument) => Result(ioctl(descriptor, request, argument));

    internal static int Madvise(byte* address, long length, int advice) => Result(madvise(address, (nuint)length, advice));

    internal static long CopyFileRange(int from, long fromOffset, int to, long toOffset, long length)
    {
        nint copied = copy_file_range(from, &fromOffset, to, &toOffset, (nuint)length, 0);
        return copied < 0 ? -Marshal.GetLastPInvokeError() : copied;
    }

    internal static int Rename(string from, string to, uint flags) => Result(renameat2(-100, from, -100, to, flags));

    internal static long Seek(int descriptor, long offset, int whence) => lseek(descriptor, offset, whence);

    internal static int Msync(byte* address, long length) => Result(msync(address, (nuint)length, 4));

    internal static byte* Map(int descriptor, long length)
    {
        byte* mapped = mmap(null, (nuint)length, 3, 1, descriptor, 0);
        Assert.True((nint)mapped != -1, $"mmap: errno {Marshal.GetLastPInvokeError()}");
        return mapped;
    }

    internal static void Unmap(byte* address, long length) => _ = munmap(address, (nuint)length);

    /// <summary>Sets the soft RLIMIT_NOFILE of this process.</summary>
    /// <returns>What it was.</returns>
    internal static ulong LimitDescriptors(ulong soft)
    {
        ulong* limit = stackalloc ulong[2];
        Assert.Equal(0, getrlimit(7, limit));
        ulong before = limit[0];
        limit[0] = soft;
        Assert.Equal(0, setrlimit(7, limit));
        return before;
    }

    private static int Result(int returned) => returned < 0 ? -Marshal.GetLastPInvokeError() : returned;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int creat(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int name_to_handle_at(int directory, string path, int* handle, int* mount, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open_by_handle_at(int mount, int* handle, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint one, nint two, nint three, nint four);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ulong* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ulong* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int truncate(string path, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int descriptor, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(byte* address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(byte* address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int msync(byte* address, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint copy_file_range(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int whence);
}
