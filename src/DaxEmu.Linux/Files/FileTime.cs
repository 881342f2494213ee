using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Files;

/// <summary>struct timespec as utimensat(2) takes it, with its two special values.</summary>
/// <param name="Seconds">Since the epoch.</param>
/// <param name="Nanoseconds">0 to 999,999,999, or one of the special values.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct FileTime(long Seconds, long Nanoseconds)
{
    /// <summary>UTIME_NOW: the current time.</summary>
    public static FileTime Now => new(0, (1L << 30) - 1);

    /// <summary>UTIME_OMIT: leave it as it is.</summary>
    public static FileTime Omit => new(0, (1L << 30) - 2);
}
