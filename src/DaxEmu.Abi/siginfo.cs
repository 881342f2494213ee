using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

/// <summary>What a signal comes with; of its unions the members for signals that a process sends.</summary>
[CHeader("signal.h")]
[CName("siginfo_t")]
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct siginfo_t
{
    [FieldOffset(0)]
    public int si_signo;

    [FieldOffset(4)]
    public int si_errno;

    [FieldOffset(8)]
    public int si_code;

    [FieldOffset(16)]
    public int si_pid;

    [FieldOffset(20)]
    public uint si_uid;

    [FieldOffset(24)]
    [CName("si_value.sival_int")]
    public int si_value;
}
