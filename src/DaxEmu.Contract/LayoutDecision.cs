namespace DaxEmu.Contract;

/// <summary>The answer to a <see cref="LayoutOperation"/>. Dispose it when the operation has ended, whatever the verdict.</summary>
public sealed class LayoutDecision : IDisposable
{
    private Action? _onEnd;
    private Action<bool>? _onOutcome;

    /// <summary>Makes a decision.</summary>
    /// <param name="verdict">What the guard must do.</param>
    /// <param name="errno">0, or the errno of a refusal.</param>
    /// <param name="reason">Empty, or why, as a sentence.</param>
    /// <param name="onEnd">Ends the operation; null when nothing is held.</param>
    /// <param name="onOutcome">Called before that, once, with whether the operation was carried out; null when nobody needs to know.</param>
    public LayoutDecision(LayoutVerdict verdict, int errno, string reason, Action? onEnd, Action<bool>? onOutcome = null)
    {
        Verdict = verdict;
        Errno = errno;
        Reason = reason;
        _onEnd = onEnd;
        _onOutcome = onOutcome;
    }

    /// <summary>What the guard must do.</summary>
    public LayoutVerdict Verdict { get; }

    /// <summary>0, or the errno to fail with (a value of errno(3)).</summary>
    public int Errno { get; }

    /// <summary>Empty, or why, as a sentence.</summary>
    public string Reason { get; }

    /// <summary>
    /// Tells what came of an operation that may proceed, while its mark stays: that the filesystem refused it, so that nothing has changed, or, for a
    /// guard that does not see the end of an operation, that it will be carried out. The first call counts; without one, disposing says that
    /// it was carried out.
    /// </summary>
    public void Settle(bool carriedOut) => Interlocked.Exchange(ref _onOutcome, null)?.Invoke(carriedOut);

    /// <summary>From now on this is done first when the operation has ended.</summary>
    internal void BeforeEnd(Action also)
    {
        Action? onEnd = _onEnd;
        _onEnd = () =>
        {
            try
            {
                also();
            }
            finally
            {
                onEnd?.Invoke();
            }
        };
    }

    /// <summary>Ends the operation: pins that waited for it are decided now.</summary>
    public void Dispose()
    {
        try
        {
            Settle(carriedOut: true);
        }
        finally
        {
            Interlocked.Exchange(ref _onEnd, null)?.Invoke();
        }
    }
}
