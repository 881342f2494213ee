namespace DaxEmu.Nic;

/// <summary>How a copy between two sides ended.</summary>
internal enum TransferResult
{
    /// <summary>So many bytes as is told were copied; none when a copy is under way.</summary>
    Ok,

    /// <summary>The source may not be read, or could not.</summary>
    BadSource,

    /// <summary>The destination may not be written, or could not.</summary>
    BadDestination,
}
