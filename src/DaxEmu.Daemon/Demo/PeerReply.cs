namespace DaxEmu.Daemon.Demo;

/// <summary>What a client process of the demo answers to a command, one line of JSON.</summary>
internal sealed record PeerReply
{
    /// <summary>Null, or why the command failed.</summary>
    public string? Problem { get; init; }

    /// <summary>At the start: the queue pair's address, as <see cref="Client.QueuePairAddress"/> reads it.</summary>
    public string? Address { get; init; }

    /// <summary>At the start: the registered file, as <see cref="Client.RemoteMemory"/> reads it.</summary>
    public string? Memory { get; init; }

    /// <summary>At the start: whether the file is mapped MAP_SYNC.</summary>
    public bool IsSync { get; init; }

    /// <summary>After a transfer: its bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>After a transfer: how long it took, in milliseconds.</summary>
    public double Milliseconds { get; init; }

    /// <summary>After a read: SHA-256 of what was read.</summary>
    public string? Sha256 { get; init; }
}
