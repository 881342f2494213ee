using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Files;

/// <summary>mount(2) and umount2(2). Results are the kernel's own: 0 or the negated errno.</summary>
public static partial class MountCalls
{
    /// <summary>mount(2).</summary>
    /// <param name="source">What is mounted, for /proc/mounts.</param>
    /// <param name="target">The mount point.</param>
    /// <param name="type">The file system type.</param>
    /// <param name="flags">MS_*.</param>
    /// <param name="options">Options of the type.</param>
    public static int Mount(string source, string target, string type, uint flags, string options) =>
        FileCalls.Result(mount(source, target, type, flags, options));

    /// <summary>umount2(2).</summary>
    /// <param name="target">The mount point.</param>
    /// <param name="flags">MNT_*.</param>
    public static int Unmount(string target, int flags) => FileCalls.Result(umount2(target, flags));

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string options);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
