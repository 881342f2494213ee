using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Linux.Files.FileCalls;

namespace DaxEmu.Linux.Files;

/// <summary>
/// Calls on a name in a directory. A name is bytes ending in NUL, never decoded. Results are the kernel's own: 0 or more, or the
/// negated errno; a descriptor comes back in a handle that owns it.
/// </summary>
public static unsafe class FileNames
{
    /// <summary>openat(2).</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The name in it, ending in NUL.</param>
    /// <param name="flags">O_*; O_CLOEXEC is added.</param>
    /// <param name="mode">Permissions of a file that is created.</param>
    /// <param name="opened">The descriptor, or null.</param>
    /// <returns>0 or the negated errno.</returns>
    public static int Open(SafeFileHandle directory, ReadOnlySpan<byte> name, int flags, uint mode, out SafeFileHandle? opened)
    {
        fixed (byte* n = Terminated(name))
        {
            return Own(Openat(directory, n, flags | O_CLOEXEC, mode), out opened);
        }
    }

    /// <summary>mkdirat(2).</summary>
    public static int MakeDirectory(SafeFileHandle directory, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* n = Terminated(name))
        {
            return Result(Mkdirat(directory, n, mode));
        }
    }

    /// <summary>mknodat(2): a regular file, fifo, socket or device.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The name in it, ending in NUL.</param>
    /// <param name="mode">File type and permissions.</param>
    /// <param name="device">makedev(3) of a device file.</param>
    public static int MakeNode(SafeFileHandle directory, ReadOnlySpan<byte> name, uint mode, ulong device)
    {
        fixed (byte* n = Terminated(name))
        {
            return Result(Mknodat(directory, n, mode, device));
        }
    }

    /// <summary>symlinkat(2).</summary>
    public static int MakeSymbolicLink(ReadOnlySpan<byte> target, SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* t = Terminated(target), n = Terminated(name))
        {
            return Result(Symlinkat(t, directory, n));
        }
    }

    /// <summary>
    /// linkat(2) of the file that a descriptor names. AT_EMPTY_PATH needs CAP_DAC_READ_SEARCH; without it, the way round over
    /// /proc/self/fd that open(2) describes.
    /// </summary>
    public static int Link(SafeFileHandle file, SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        byte empty = 0;
        fixed (byte* n = Terminated(name))
        {
            int linked = Result(Linkat(file, &empty, directory, n, AT_EMPTY_PATH));
            if (linked != -errno.ENOENT)
            {
                return linked;
            }

            DescriptorPath path = DescriptorPath.Of(file);
            return Result(Linkat(AT_FDCWD, (byte*)&path, directory, n, AT_SYMLINK_FOLLOW));
        }
    }

    /// <summary>unlinkat(2).</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The name in it, ending in NUL.</param>
    /// <param name="flags">0 or AT_REMOVEDIR.</param>
    public static int Remove(SafeFileHandle directory, ReadOnlySpan<byte> name, int flags)
    {
        fixed (byte* n = Terminated(name))
        {
            return Result(Unlinkat(directory, n, flags));
        }
    }

    /// <summary>renameat2(2).</summary>
    public static int Rename(
        SafeFileHandle from, ReadOnlySpan<byte> name, SafeFileHandle to, ReadOnlySpan<byte> newName, uint flags)
    {
        fixed (byte* n = Terminated(name), m = Terminated(newName))
        {
            return Result(Renameat2(from, n, to, m, flags));
        }
    }

    internal static int Own(int descriptor, out SafeFileHandle? opened)
    {
        int result = Result(descriptor);
        opened = result < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        return Math.Min(result, 0);
    }

    internal static ReadOnlySpan<byte> Terminated(ReadOnlySpan<byte> name) =>
        name.Length > 0 && name[^1] == 0 ? name : throw new ArgumentException("a name must end in NUL", nameof(name));
}
