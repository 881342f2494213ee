using System.Runtime.InteropServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.linux_capability;

namespace DaxEmu.Linux.Files;

/// <summary>
/// What the kernel uses of the calling thread when it creates files: file system ids, umask. All are per thread (setfsuid(2),
/// unshare(2) CLONE_FS), so only a dedicated thread may change them.
/// </summary>
public static unsafe partial class ThreadIdentity
{
    private const int CloneFs = 0x200;

    /// <summary>Gives the calling thread a umask of its own, which it must have before <see cref="SetUmask"/>.</summary>
    /// <exception cref="LinuxException">unshare(2) failed.</exception>
    public static void OwnUmask()
    {
        if (unshare(CloneFs) != 0)
        {
            throw LinuxException.FromLastError("unshare(CLONE_FS)");
        }
    }

    /// <summary>umask(2).</summary>
    public static void SetUmask(uint mask) => _ = umask(mask);

    /// <summary>
    /// Makes files that the calling thread creates belong to a user and group. A thread of root loses its file capabilities with this
    /// (capabilities(7), "Effect of user ID changes"); CAP_DAC_OVERRIDE is taken back, for the caller's supplementary groups, which
    /// the kernel has already judged, are not known here.
    /// </summary>
    /// <returns>0 or the negated errno.</returns>
    public static int Assume(uint user, uint group)
    {
        _ = setfsgid(group);
        _ = setfsuid(user);
        return user == 0 ? 0 : RaiseDacOverride();
    }

    /// <summary>Undoes <see cref="Assume"/> for a thread of root: the file capabilities come back with user id 0.</summary>
    public static void Resume()
    {
        _ = setfsuid(0);
        _ = setfsgid(0);
    }

    private static int RaiseDacOverride()
    {
        cap_user_header header = new() { version = _LINUX_CAPABILITY_VERSION_3 };
        cap_user_data* data = stackalloc cap_user_data[2];
        if (capget(&header, data) != 0)
        {
            return FileCalls.Result(-1);
        }

        data[0].effective |= data[0].permitted & (1u << CAP_DAC_OVERRIDE);
        return FileCalls.Result(capset(&header, data));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial int setfsuid(uint user);

    [LibraryImport("libc")]
    private static partial int setfsgid(uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capget(cap_user_header* header, cap_user_data* data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capset(cap_user_header* header, cap_user_data* data);
}
