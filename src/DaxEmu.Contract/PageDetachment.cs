namespace DaxEmu.Contract;

/// <summary>
/// What <see cref="IPinHolders.Detach"/> prepared: regions that are ready to keep pages which an operation takes from their file. Between
/// that call and <see cref="Settle"/> nothing is read or written through them.
/// </summary>
public sealed class PageDetachment
{
    private Action<bool>? _onSettled;

    /// <summary>Makes one that succeeded.</summary>
    /// <param name="onSettled">Called once, with what <see cref="Settle"/> is told; null when nothing is held.</param>
    /// <param name="kept">The pages that are kept; null: all that were asked for.</param>
    public PageDetachment(Action<bool>? onSettled, IReadOnlyList<PinnedPages>? kept = null)
    {
        _onSettled = onSettled;
        Kept = kept;
        Reason = "";
    }

    /// <summary>Makes one that failed: the operation must not be carried out.</summary>
    /// <param name="errno">A value of errno(3).</param>
    /// <param name="reason">What was missing, as a sentence.</param>
    public PageDetachment(int errno, string reason)
    {
        Errno = errno;
        Reason = reason;
    }

    /// <summary>
    /// The pages that are kept, when these are not all that were asked for: what a region had lost before, as under another policy behind the
    /// end of its file, it cannot keep.
    /// </summary>
    public IReadOnlyList<PinnedPages>? Kept { get; }

    /// <summary>0, or why the pages could not be kept.</summary>
    public int Errno { get; }

    /// <summary>Empty, or why, as a sentence.</summary>
    public string Reason { get; }

    /// <summary>Opens the regions again; the first call counts.</summary>
    /// <param name="carriedOut">True: they have the old pages now. False: the operation failed, and they have the file's as before.</param>
    public void Settle(bool carriedOut) => Interlocked.Exchange(ref _onSettled, null)?.Invoke(carriedOut);
}
