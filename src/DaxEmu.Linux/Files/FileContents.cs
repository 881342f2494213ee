using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_fs;
using static DaxEmu.Linux.Files.FileCalls;

namespace DaxEmu.Linux.Files;

/// <summary>The bytes of a file, and the blocks under them. Results are the kernel's own: 0 or more, or the negated errno.</summary>
public static unsafe class FileContents
{
    /// <summary>open(2) of a file by its path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="flags">O_*; O_CLOEXEC is added.</param>
    /// <param name="opened">The descriptor, or null.</param>
    public static int Open(string path, int flags, out SafeFileHandle? opened)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(path + "\0");
        fixed (byte* p = bytes)
        {
            return FileNames.Own(Openat(AT_FDCWD, p, flags | O_CLOEXEC, 0), out opened);
        }
    }

    /// <summary>open(2) of the file that an O_PATH descriptor names.</summary>
    /// <param name="file">The descriptor.</param>
    /// <param name="flags">O_*, without O_NOFOLLOW; O_CLOEXEC is added.</param>
    /// <param name="opened">The descriptor, or null.</param>
    public static int Reopen(SafeFileHandle file, int flags, out SafeFileHandle? opened)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        return FileNames.Own(Openat(AT_FDCWD, (byte*)&path, flags | O_CLOEXEC, 0), out opened);
    }

    /// <summary>fcntl(2) F_DUPFD_CLOEXEC: another descriptor of the same open file.</summary>
    /// <param name="file">The descriptor.</param>
    /// <param name="duplicate">The other, or null.</param>
    public static int Duplicate(SafeFileHandle file, out SafeFileHandle? duplicate) =>
        FileNames.Own(Fcntl(file, F_DUPFD_CLOEXEC, 0), out duplicate);

    /// <summary>pread(2).</summary>
    public static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        fixed (byte* b = buffer)
        {
            return (int)Result(Pread(file, b, (nuint)buffer.Length, offset));
        }
    }

    /// <summary>pwrite(2).</summary>
    public static int WriteAt(SafeFileHandle file, ReadOnlySpan<byte> buffer, long offset)
    {
        fixed (byte* b = buffer)
        {
            return (int)Result(Pwrite(file, b, (nuint)buffer.Length, offset));
        }
    }

    /// <summary>pwrite(2) of all bytes, as often as it takes.</summary>
    /// <returns>Their count, or a negated errno: some of them may be written then.</returns>
    public static int WriteAllAt(SafeFileHandle file, ReadOnlySpan<byte> buffer, long offset)
    {
        int written = 0;
        while (written < buffer.Length)
        {
            int more = WriteAt(file, buffer[written..], offset + written);
            if (more <= 0)
            {
                return more < 0 ? more : -EIO;
            }

            written += more;
        }

        return written;
    }

    /// <summary>read(2), as on devices.</summary>
    public static int Read(SafeFileHandle file, Span<byte> buffer)
    {
        fixed (byte* b = buffer)
        {
            return (int)Result(FileCalls.Read(file, b, (nuint)buffer.Length));
        }
    }

    /// <summary>write(2), as on devices.</summary>
    public static int Write(SafeFileHandle file, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* b = buffer)
        {
            return (int)Result(FileCalls.Write(file, b, (nuint)buffer.Length));
        }
    }

    /// <summary>truncate(2) of the file that a descriptor names, which may be O_PATH.</summary>
    public static int SetSize(SafeFileHandle file, long length)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        return Result(Truncate((byte*)&path, length));
    }

    /// <summary>ftruncate(2) through a descriptor open for writing.</summary>
    public static int SetSizeThrough(SafeFileHandle file, long length) => Result(Ftruncate(file, length));

    /// <summary>fallocate(2).</summary>
    public static int Allocate(SafeFileHandle file, uint mode, long offset, long length) =>
        Result(Fallocate(file, (int)mode, offset, length));

    /// <summary>lseek(2).</summary>
    public static long Seek(SafeFileHandle file, long offset, int whence) => Result(Lseek(file, offset, whence));

    /// <summary>fsync(2), or fdatasync(2).</summary>
    public static int Sync(SafeFileHandle file, bool dataOnly) => Result(dataOnly ? Fdatasync(file) : Fsync(file));

    /// <summary>Writes the file's changed pages back and waits for that; promises no durability (sync_file_range(2)).</summary>
    public static int WriteBack(SafeFileHandle file) => Result(SyncFileRange(
        file, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));

    /// <summary>syncfs(2).</summary>
    public static int SyncFileSystem(SafeFileHandle file) => Result(Syncfs(file));

    /// <summary>copy_file_range(2).</summary>
    public static long Copy(SafeFileHandle from, long fromOffset, SafeFileHandle to, long toOffset, ulong count) =>
        Result(CopyFileRange(from, &fromOffset, to, &toOffset, (nuint)count, 0));

    /// <summary>getdents64(2).</summary>
    /// <returns>Bytes of struct linux_dirent64 read, 0 at the end, or the negated errno.</returns>
    public static int ReadDirectory(SafeFileHandle directory, Span<byte> entries)
    {
        fixed (byte* e = entries)
        {
            return (int)Result(Getdents64(directory, e, (nuint)entries.Length));
        }
    }

    /// <summary>fcntl(2) F_GETFL: access mode and status flags, or the negated errno.</summary>
    public static int StatusFlags(SafeFileHandle file) => Result(Fcntl(file, F_GETFL));

    /// <summary>ioctl(2) with a structure that the kernel reads.</summary>
    public static int Control<T>(SafeFileHandle file, uint request, ref T argument)
        where T : unmanaged
    {
        fixed (T* a = &argument)
        {
            return Result(Ioctl(file, request, a));
        }
    }
}
