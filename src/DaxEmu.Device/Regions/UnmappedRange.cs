namespace DaxEmu.Device;

/// <summary>Memory that only copying reaches. Its copier's thread alone copies.</summary>
/// <param name="copier">Does the copying.</param>
internal abstract unsafe class UnmappedRange(UnmappedCopier copier) : IDisposable
{
    private volatile bool _isClosed;

    /// <summary>Does the copying.</summary>
    public UnmappedCopier Copier => copier;

    /// <summary>Its region is going: copies that have not begun fail.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>From now on no copy begins.</summary>
    public void Close() => _isClosed = true;

    /// <summary>How many bytes from an offset on can be copied in one go.</summary>
    public virtual uint Piece(ulong offset, uint length) => length;

    /// <summary>Begins to use a piece; false when that cannot be now.</summary>
    /// <param name="offset">A byte of the piece.</param>
    /// <param name="isWrite">It is to be changed.</param>
    public virtual bool TryEnter(ulong offset, bool isWrite) => true;

    /// <summary>Ends what <see cref="TryEnter"/> began.</summary>
    public virtual void Leave(ulong offset, bool isWrite)
    {
    }

    /// <summary>Copies a piece from it.</summary>
    /// <returns>0, or the errno; ENXIO when it is not there.</returns>
    public abstract int Read(ulong offset, byte* to, uint length);

    /// <summary>Copies to a piece of it, the last word last.</summary>
    /// <inheritdoc cref="Read"/>
    public abstract int Write(ulong offset, byte* from, uint length);

    /// <summary>Lets go of it, once no copy uses it.</summary>
    public abstract void Dispose();
}
