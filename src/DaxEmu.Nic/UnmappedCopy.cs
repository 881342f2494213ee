namespace DaxEmu.Nic;

/// <summary>How a copy of <see cref="IUnmappedMemory"/> stands.</summary>
public enum UnmappedCopy
{
    /// <summary>There is no such copy any more: the place was used for another.</summary>
    None,

    /// <summary>Look again later.</summary>
    UnderWay,

    /// <summary>Read: the place holds the bytes.</summary>
    Read,

    /// <summary>Written.</summary>
    Written,

    /// <summary>The client's memory could not be read.</summary>
    ReadFailed,

    /// <summary>The client's memory could not be written.</summary>
    WriteFailed,
}
