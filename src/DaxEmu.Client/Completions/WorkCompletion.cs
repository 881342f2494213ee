namespace DaxEmu.Client;

/// <summary>How a work request ended: <c>struct ibv_wc</c>.</summary>
public readonly record struct WorkCompletion
{
    /// <summary>The id that the work request was posted with; 0 for one that was awaited.</summary>
    public ulong Id { get; init; }

    /// <summary>How it ended. Unless it is a success, only <see cref="Id"/> and <see cref="QueuePairNumber"/> are valid besides.</summary>
    public CompletionStatus Status { get; init; }

    /// <summary>What completed.</summary>
    public CompletionOpcode Opcode { get; init; }

    /// <summary>Bytes received or read.</summary>
    public uint ByteLength { get; init; }

    /// <summary>The queue pair it was posted to.</summary>
    public uint QueuePairNumber { get; init; }

    /// <summary>What else is valid.</summary>
    public CompletionFlags Flags { get; init; }

    /// <summary>The sender's 4 bytes, if <see cref="Flags"/> says so.</summary>
    public uint Immediate { get; init; }

    /// <summary>The rkey that the sender invalidated, if <see cref="Flags"/> says so.</summary>
    public uint InvalidatedRKey { get; init; }

    /// <summary>The device's own error code, for its logs.</summary>
    public uint VendorError { get; init; }

    /// <summary>Whether the work request was carried out.</summary>
    public bool IsSuccess => Status == CompletionStatus.Success;

    /// <summary>This completion, if it is a success.</summary>
    /// <exception cref="WorkCompletionException">It is not.</exception>
    public WorkCompletion EnsureSuccess() => IsSuccess ? this : throw new WorkCompletionException(this);
}
