using DaxEmu.Linux.Processes;

namespace DaxEmu.Guards.PreContent;

/// <summary>
/// A thread that was blocked in an operation, and how to see that it has left it, which nobody tells: it is seen doing something else, or to
/// have run its program since.
/// </summary>
internal sealed class BlockedCaller
{
    // A thread that neither blocks nor gets to run its program for so long is given up on.
    private const long Patience = 10_000;

    // In clock ticks. Times are sampled and scaled: one tick may be added to a thread that has not left the kernel.
    private const ulong Certain = 2;
    private readonly int _thread;
    private readonly BlockedSystemCall _call;
    private readonly string? _function;
    private readonly ulong _userTime;
    private readonly long _since = Environment.TickCount64;

    /// <summary>Takes note of a thread while it is blocked.</summary>
    /// <param name="thread">Its id; 0 for one that cannot be seen, which has left at once.</param>
    /// <param name="call">The call it is in.</param>
    /// <param name="function">The kernel function that is the operation, for a thread that is in no call; null for others.</param>
    internal BlockedCaller(int thread, BlockedSystemCall call, string? function)
    {
        _thread = thread;
        _call = call;
        _function = function;
        _userTime = ProcessStatus.UserTimeOf(thread);
    }

    internal int Thread => _thread;

    /// <summary>True when both are in one call, as far as can be seen.</summary>
    internal bool IsSameCallAs(BlockedCaller other) => _thread == other._thread && _function == other._function && _call.IsSameAs(other._call);

    /// <summary>True when it has left the operation.</summary>
    internal bool HasLeft()
    {
        BlockedSystemCall now = BlockedSystemCall.Of(_thread);
        if (now.IsRunning)
        {
            return ProcessStatus.UserTimeOf(_thread) >= _userTime + Certain || Environment.TickCount64 - _since > Patience;
        }

        if (_function is not null)
        {
            return !KernelStack.Of(_thread).Has(_function);
        }

        // Stopped by a signal or a tracer, it still shows the call that it has just ended.
        return !now.IsSameAs(_call) || KernelStack.Of(_thread).FirstOf("get_signal", "ptrace_notify", "ptrace_stop") is not null;
    }
}
