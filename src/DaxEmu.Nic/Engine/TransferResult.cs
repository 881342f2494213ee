namespace DaxEmu.Nic;

/// <summary>How a copy between two sides ended.</summary>
internal enum TransferResult
{
    Ok,

    /// <summary>The source may not be read, or could not.</summary>
    BadSource,

    /// <summary>The destination may not be written, or could not.</summary>
    BadDestination,
}
