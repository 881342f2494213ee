using System.Runtime.InteropServices;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Linux.Files;

/// <summary>The open(2) flags whose numbers differ between x86-64 and arm64 (asm/fcntl.h).</summary>
public static class OpenFlags
{
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>O_DIRECT.</summary>
    public static int Direct { get; } = Arm ? 0x10000 : 0x4000;

    /// <summary>O_DIRECTORY.</summary>
    public static int Directory { get; } = Arm ? 0x4000 : 0x10000;

    /// <summary>O_NOFOLLOW.</summary>
    public static int NoFollow { get; } = Arm ? 0x8000 : 0x20000;

    /// <summary>O_TMPFILE.</summary>
    public static int TemporaryFile { get; } = 0x400000 | Directory;

    /// <summary>O_PATH | O_NOFOLLOW | O_CLOEXEC: names a file of any type without opening it.</summary>
    public static int PathOnly { get; } = O_PATH | NoFollow | O_CLOEXEC;
}
