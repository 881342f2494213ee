namespace DaxEmu.Guards.Fanotify;

/// <summary>How a volume is guarded in place.</summary>
public sealed record FanotifyGuardOptions
{
    /// <summary>
    /// A caller whose operation cannot be told, such as a worker of io_uring that allocates or opens, is taken to be at the worst that it may
    /// be at; else to read or write.
    /// </summary>
    public bool IsStrict { get; init; } = true;

    /// <summary>Threads that read events.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>This process's own accesses are judged as well: for tests, which play both parts.</summary>
    internal bool JudgesOwnProcess { get; init; }
}
