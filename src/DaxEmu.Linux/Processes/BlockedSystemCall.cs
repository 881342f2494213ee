using System.Globalization;
using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Processes;

/// <summary>The system call that a thread is blocked in: <c>/proc/TID/syscall</c> (proc(5)), which needs PTRACE_MODE_ATTACH.</summary>
public sealed class BlockedSystemCall
{
    private const ulong MadvRemove = 9;
    private const int ProcessMadvise = 440;

    // Stack and instruction pointer, the last of the line. A thread that came from a program's system call has an instruction pointer.
    private const string Nowhere = " 0x0 0x0";

    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // asm/unistd.h. open and creat exist on x86-64 only.
    private static readonly int[] Opens = Arm ? [56, 437] : [2, 85, 257, 437];
    private static readonly int Madvise = Arm ? 233 : 28;
    private readonly int _number = -1;
    private readonly ulong[] _arguments = [];
    private readonly string _text;

    private BlockedSystemCall(string text)
    {
        _text = text;
        IsRunning = text.StartsWith("running", StringComparison.Ordinal);
        IsWorker = text.AsSpan().TrimEnd().EndsWith(Nowhere, StringComparison.Ordinal);
        string[] words = text.Split(' ', StringSplitOptions.TrimEntries);
        if (!IsWorker && words.Length >= 7 && int.TryParse(words[0], CultureInfo.InvariantCulture, out int number))
        {
            _number = number;
            _arguments = [.. words[1..7].Select(w => ulong.Parse(w.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        }
    }

    /// <summary>That nothing is known.</summary>
    public static BlockedSystemCall Unknown { get; } = new("");

    /// <summary>True when the thread is on a processor, in a call or not.</summary>
    public bool IsRunning { get; }

    /// <summary>True when the thread is blocked in a system call that could be read.</summary>
    public bool IsKnown => _number >= 0;

    /// <summary>
    /// True for a worker of io_uring(7). It is in no system call: the line shows registers that its creator had when it was made, with both
    /// pointers cleared (copy_thread, arch/*/kernel/process.c).
    /// </summary>
    public bool IsWorker { get; }

    /// <summary>True in open(2) and its kin.</summary>
    public bool IsOpen => Array.IndexOf(Opens, _number) >= 0;

    /// <summary>True in madvise(2) or process_madvise(2) with MADV_REMOVE.</summary>
    public bool IsMadviseRemove =>
        (_number == Madvise && _arguments[2] == MadvRemove) || (_number == ProcessMadvise && _arguments[3] == MadvRemove);

    /// <summary>Reads what a thread is blocked in.</summary>
    /// <param name="thread">Its id.</param>
    public static BlockedSystemCall Of(int thread)
    {
        try
        {
            return new(File.ReadAllText($"/proc/{thread}/syscall"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unknown;
        }
    }

    /// <summary>True when both were read alike, the stack pointer included.</summary>
    public bool IsSameAs(BlockedSystemCall other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _text == other._text;
    }
}
