namespace DaxEmu.Contract;

/// <summary>The answer to a <see cref="LayoutOperation"/>. Dispose it when the operation has ended, whatever the verdict.</summary>
public sealed class LayoutDecision : IDisposable
{
    private Action? _onEnd;

    /// <summary>Makes a decision.</summary>
    /// <param name="verdict">What the guard must do.</param>
    /// <param name="errno">0, or the errno of a refusal.</param>
    /// <param name="reason">Empty, or why, as a sentence.</param>
    /// <param name="onEnd">Ends the operation; null when nothing is held.</param>
    public LayoutDecision(LayoutVerdict verdict, int errno, string reason, Action? onEnd)
    {
        Verdict = verdict;
        Errno = errno;
        Reason = reason;
        _onEnd = onEnd;
    }

    /// <summary>What the guard must do.</summary>
    public LayoutVerdict Verdict { get; }

    /// <summary>0, or the errno to fail with (a value of errno(3)).</summary>
    public int Errno { get; }

    /// <summary>Empty, or why, as a sentence.</summary>
    public string Reason { get; }

    /// <summary>Ends the operation: pins that waited for it are decided now.</summary>
    public void Dispose() => Interlocked.Exchange(ref _onEnd, null)?.Invoke();
}
