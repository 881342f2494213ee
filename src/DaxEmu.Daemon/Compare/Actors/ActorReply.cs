namespace DaxEmu.Daemon.Compare;

/// <summary>What a process of the experiment answers to a command, one line of JSON.</summary>
internal sealed record ActorReply
{
    /// <summary>Null, or why the command failed.</summary>
    public string? Problem { get; init; }

    /// <summary>After <c>link</c>: the new queue pair's address.</summary>
    public string? Address { get; init; }

    /// <summary>After <c>register</c>: 0, or what it was refused with.</summary>
    public int Errno { get; init; }

    /// <summary>After <c>register</c>: the region, unless it was refused.</summary>
    public string? Memory { get; init; }

    /// <summary>After <c>write</c>: work requests that were carried out; they are the first ones.</summary>
    public int Succeeded { get; init; }

    /// <summary>After <c>write</c>: work requests that failed.</summary>
    public int Failed { get; init; }

    /// <summary>After <c>write</c>: how the first of those failed.</summary>
    public string? Status { get; init; }

    /// <summary>After <c>write</c>: what each one that was carried out took, in microseconds.</summary>
    public IReadOnlyList<double> Microseconds { get; init; } = [];

    /// <summary>After <c>mutate</c>: what came of each.</summary>
    public IReadOnlyList<MutationResult> Mutations { get; init; } = [];
}
