namespace DaxEmu.Daemon.Configuration;

/// <summary>What the fanotify guard does with a caller whose system call it cannot read, such as a worker of io_uring.</summary>
internal enum UnreadableCallers
{
    /// <summary>It is taken to be at the worst operation that what is known allows.</summary>
    Strict,

    /// <summary>It is taken to read or write.</summary>
    Trusting,
}
