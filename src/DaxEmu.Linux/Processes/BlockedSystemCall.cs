using System.Globalization;
using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Processes;

/// <summary>The system call that a thread is blocked in: <c>/proc/TID/syscall</c> (proc(5)), which needs PTRACE_MODE_ATTACH.</summary>
/// <param name="Number">The call's number on this machine; -1 when the thread is in none or it cannot be read.</param>
/// <param name="Arguments">Its six arguments.</param>
public readonly record struct BlockedSystemCall(int Number, ulong[] Arguments)
{
    private const ulong MadvRemove = 9;
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // asm/unistd.h: open and creat exist on x86-64 only; openat2 and process_madvise have one number everywhere.
    private static readonly int[] Opens = Arm ? [56, 437] : [2, 85, 257, 437];
    private static readonly int Madvise = Arm ? 233 : 28;
    private static readonly int ProcessMadvise = 440;

    /// <summary>True when the number could be read.</summary>
    public bool IsKnown => Number >= 0;

    /// <summary>True in open(2) and its kin.</summary>
    public bool IsOpen => Array.IndexOf(Opens, Number) >= 0;

    /// <summary>True in madvise(2) or process_madvise(2) with MADV_REMOVE.</summary>
    public bool IsMadviseRemove =>
        (Number == Madvise && Arguments[2] == MadvRemove) || (Number == ProcessMadvise && Arguments[3] == MadvRemove);

    /// <summary>Reads what a thread is blocked in.</summary>
    /// <param name="thread">Its id.</param>
    public static BlockedSystemCall Of(int thread)
    {
        try
        {
            string[] words = File.ReadAllText($"/proc/{thread}/syscall").Split(' ', StringSplitOptions.TrimEntries);
            return words.Length >= 7 && int.TryParse(words[0], CultureInfo.InvariantCulture, out int number)
                ? new(number, [.. words[1..7].Select(w => ulong.Parse(w.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))])
                : new(-1, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(-1, []);
        }
    }
}
