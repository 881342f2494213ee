using System.Globalization;

namespace DaxEmu.Linux.Processes;

/// <summary>The system call that a thread is blocked in: <c>/proc/TID/syscall</c> (proc(5)), which needs PTRACE_MODE_ATTACH.</summary>
public sealed class BlockedSystemCall
{
    private const int Arguments = 6;
    private const ulong MadvRemove = 9;

    // Stack and instruction pointer, the last of the line. A thread that came from a program's system call has an instruction pointer.
    private const string Nowhere = " 0x0 0x0";

    private readonly ulong[] _arguments = [];
    private readonly string _text;

    private BlockedSystemCall(string text)
    {
        _text = text;
        IsRunning = text.StartsWith("running", StringComparison.Ordinal);
        IsWorker = text.AsSpan().TrimEnd().EndsWith(Nowhere, StringComparison.Ordinal);
        string[] words = text.Split(' ', StringSplitOptions.TrimEntries);
        if (!IsWorker && words.Length >= Arguments + 3 && int.TryParse(words[0], CultureInfo.InvariantCulture, out int number))
        {
            IsKnown = number >= 0;
            Call = SystemCallTable.Of(number);
            _arguments = [.. words[1..(Arguments + 1)].Select(w => ulong.Parse(w.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        }
    }

    /// <summary>That nothing is known.</summary>
    public static BlockedSystemCall Unknown { get; } = new("");

    /// <summary>True when the thread is on a processor, in a call or not.</summary>
    public bool IsRunning { get; }

    /// <summary>True when the thread is blocked in a system call that could be read.</summary>
    public bool IsKnown { get; }

    /// <summary>
    /// True for a worker of io_uring(7). It is in no system call: the line shows registers that its creator had when it was made, with both
    /// pointers cleared (copy_thread, arch/*/kernel/process.c).
    /// </summary>
    public bool IsWorker { get; }

    /// <summary>Which one, as far as it is told apart.</summary>
    public SystemCall Call { get; }

    /// <summary>True in open(2) and its kin.</summary>
    public bool IsOpen => Call is SystemCall.Open or SystemCall.Create or SystemCall.OpenAt or SystemCall.OpenAtHow;

    /// <summary>True in madvise(2) or process_madvise(2) with MADV_REMOVE.</summary>
    public bool IsMadviseRemove =>
        (Call == SystemCall.Advise && Argument(2) == MadvRemove) || (Call == SystemCall.AdviseProcess && Argument(3) == MadvRemove);

    /// <summary>Reads what a thread is blocked in.</summary>
    /// <param name="thread">Its id.</param>
    public static BlockedSystemCall Of(int thread)
    {
        string text = ProcessFile.Read($"/proc/{thread}/syscall");
        return text.Length == 0 ? Unknown : new(text);
    }

    /// <summary>Reads what a thread is blocked in that is about to block: an event is queued an instant before its thread goes to sleep.</summary>
    /// <param name="thread">Its id.</param>
    public static BlockedSystemCall OfBlocking(int thread)
    {
        BlockedSystemCall call = Of(thread);
        while (call.IsRunning)
        {
            Thread.Yield();
            call = Of(thread);
        }

        return call;
    }

    /// <summary>An argument of the call, as it is in its register; 0 when the call is not known.</summary>
    /// <param name="index">From 0 to 5.</param>
    public ulong Argument(int index) => index < _arguments.Length ? _arguments[index] : 0;

    /// <summary>True when both were read alike, the stack pointer included.</summary>
    public bool IsSameAs(BlockedSystemCall other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _text == other._text;
    }
}
