namespace DaxEmu.Daemon.Compare;

/// <summary>What a file operation that meets a registered range is told, when the holder does not let go.</summary>
internal enum OperationAnswer
{
    /// <summary>It fails with ETXTBSY at once, and nothing has changed.</summary>
    Refused,

    /// <summary>It fails with ETIMEDOUT, and nothing has changed.</summary>
    TimedOut,

    /// <summary>It succeeds, and nothing has changed.</summary>
    Pretended,

    /// <summary>It succeeds, and the file has changed.</summary>
    CarriedOut,
}
