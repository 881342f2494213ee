using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Linux.Files.FileCalls;

namespace DaxEmu.Linux.Files;

/// <summary>
/// Attributes of the file that a descriptor names, which may be O_PATH. Results are the kernel's own: 0 or more, or the negated errno.
/// </summary>
public static unsafe class FileStatus
{
    /// <summary>statx(2) with AT_EMPTY_PATH.</summary>
    public static int Status(SafeFileHandle file, uint mask, out statx status)
    {
        byte empty = 0;
        fixed (statx* s = &status)
        {
            return Result(Statx(file, &empty, AT_EMPTY_PATH, mask, s));
        }
    }

    /// <summary>statx(2) of what a path leads to.</summary>
    /// <param name="path">The path.</param>
    /// <param name="flags">AT_*: with AT_STATX_DONT_SYNC no server is asked.</param>
    /// <param name="mask">STATX_*.</param>
    /// <param name="status">The attributes.</param>
    public static int StatusOf(string path, int flags, uint mask, out statx status)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(path + "\0");
        fixed (byte* p = bytes)
        fixed (statx* s = &status)
        {
            return Result(Statx(AT_FDCWD, p, flags, mask, s));
        }
    }

    /// <summary>chmod(2).</summary>
    public static int SetMode(SafeFileHandle file, uint mode)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        return Result(Chmod((byte*)&path, mode));
    }

    /// <summary>fchownat(2).</summary>
    /// <param name="file">The file.</param>
    /// <param name="user">The new owner; <see cref="uint.MaxValue"/> leaves it.</param>
    /// <param name="group">The new group; <see cref="uint.MaxValue"/> leaves it.</param>
    public static int SetOwner(SafeFileHandle file, uint user, uint group)
    {
        byte empty = 0;
        return Result(Fchownat(file, &empty, user, group, AT_EMPTY_PATH));
    }

    /// <summary>utimensat(2).</summary>
    public static int SetTimes(SafeFileHandle file, FileTime access, FileTime modification)
    {
        byte empty = 0;
        FileTime* times = stackalloc FileTime[2] { access, modification };
        return Result(Utimensat(file, &empty, times, AT_EMPTY_PATH));
    }

    /// <summary>readlinkat(2).</summary>
    /// <returns>The length of the target, which has no NUL, or the negated errno.</returns>
    public static int ReadLink(SafeFileHandle link, Span<byte> target)
    {
        byte empty = 0;
        fixed (byte* t = target)
        {
            return (int)Result(Readlinkat(link, &empty, t, (nuint)target.Length));
        }
    }

    /// <summary>The path that the kernel has for a descriptor now: readlink(2) of its /proc/self/fd entry.</summary>
    /// <returns>The length of the path, which has no NUL, or the negated errno.</returns>
    public static int NameOf(SafeFileHandle file, Span<byte> path)
    {
        DescriptorPath link = DescriptorPath.Of(file);
        fixed (byte* p = path)
        {
            return (int)Result(Readlink((byte*)&link, p, (nuint)path.Length));
        }
    }

    /// <summary>fstatvfs(3).</summary>
    public static int FileSystem(SafeFileHandle file, out statvfs status)
    {
        fixed (statvfs* s = &status)
        {
            return Result(Fstatvfs(file, s));
        }
    }

    /// <summary>getxattr(2).</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The attribute, ending in NUL.</param>
    /// <param name="value">Receives the value; empty to ask for its size.</param>
    /// <returns>The size of the value, or the negated errno.</returns>
    public static int GetExtended(SafeFileHandle file, ReadOnlySpan<byte> name, Span<byte> value)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        fixed (byte* n = FileNames.Terminated(name), v = value)
        {
            return (int)Result(Getxattr((byte*)&path, n, v, (nuint)value.Length));
        }
    }

    /// <summary>setxattr(2).</summary>
    public static int SetExtended(SafeFileHandle file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        fixed (byte* n = FileNames.Terminated(name), v = value)
        {
            return Result(Setxattr((byte*)&path, n, v, (nuint)value.Length, flags));
        }
    }

    /// <summary>listxattr(2).</summary>
    /// <returns>The size of the list, or the negated errno.</returns>
    public static int ListExtended(SafeFileHandle file, Span<byte> list)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        fixed (byte* l = list)
        {
            return (int)Result(Listxattr((byte*)&path, l, (nuint)list.Length));
        }
    }

    /// <summary>removexattr(2).</summary>
    public static int RemoveExtended(SafeFileHandle file, ReadOnlySpan<byte> name)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        fixed (byte* n = FileNames.Terminated(name))
        {
            return Result(Removexattr((byte*)&path, n));
        }
    }
}
