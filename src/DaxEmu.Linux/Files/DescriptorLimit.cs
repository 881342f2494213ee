using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Files;

/// <summary>RLIMIT_NOFILE of this process.</summary>
public static unsafe partial class DescriptorLimit
{
    private const int RlimitNofile = 7;

    /// <summary>Raises the soft limit to the hard one (getrlimit(2)); where that fails the soft limit stays.</summary>
    /// <returns>The soft limit now in force.</returns>
    public static ulong Raise()
    {
        ulong* limit = stackalloc ulong[2];
        if (getrlimit(RlimitNofile, limit) != 0)
        {
            throw LinuxException.FromLastError("getrlimit(RLIMIT_NOFILE)");
        }

        ulong before = limit[0];
        limit[0] = limit[1];
        return setrlimit(RlimitNofile, limit) == 0 ? limit[1] : before;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ulong* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ulong* limit);
}
