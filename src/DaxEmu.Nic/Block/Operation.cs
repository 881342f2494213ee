namespace DaxEmu.Nic;

/// <summary>How far the work request at the head of a send queue has come. Only the holder of the send queue's lock touches it.</summary>
internal struct Operation
{
    /// <summary>1 from the moment the work request was copied out of the ring until it is completed.</summary>
    public uint IsActive;

    /// <summary>1 once nothing can be wrong with the local side any more except that a region goes away.</summary>
    public uint IsChecked;

    /// <summary>1 while the peer's head receive is copied out for this message.</summary>
    public uint HasReceive;

    /// <summary>1: the payload lies in the work request itself.</summary>
    public uint IsInline;

    /// <summary>The peer's <see cref="QpContext.Epoch"/> when the message began: after a reset it begins anew.</summary>
    public uint PeerEpoch;

    public uint RnrRetriesLeft;

    /// <summary>Of a persistent flush: what <see cref="IPersistence"/> gave.</summary>
    public ulong FlushTicket;

    /// <summary>Of an invalidation or binding: the grace period that must pass before it is told; 0 until it was done.</summary>
    public ulong Grace;

    /// <summary>Bytes of the message.</summary>
    public ulong Length;

    /// <summary>Bytes of it that have been copied.</summary>
    public ulong Done;

    /// <summary>The copy of <see cref="IUnmappedMemory"/> that is under way for it; 0: none is.</summary>
    public uint Ticket;

    /// <summary>What an atomic operation found, once <see cref="Done"/> says that it was carried out.</summary>
    public ulong AtomicResult;

    /// <summary>When the next receiver-not-ready retry is due; 0: none was needed yet.</summary>
    public long RnrDeadline;

    /// <summary>When to give up on a peer that does not answer; 0: it answers.</summary>
    public long RetryDeadline;

    /// <summary>How long until the next look at what is waited for, in nanoseconds.</summary>
    public long Backoff;
}
