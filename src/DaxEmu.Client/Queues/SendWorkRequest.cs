namespace DaxEmu.Client;

/// <summary>A send work request but for its local memory: <c>struct ibv_send_wr</c>.</summary>
public readonly record struct SendWorkRequest
{
    /// <summary>What the completion is to be recognised by; below 2^63.</summary>
    public ulong Id { get; init; }

    /// <summary>What to do.</summary>
    public SendOpcode Opcode { get; init; }

    /// <summary>How to do it.</summary>
    public SendFlags Flags { get; init; }

    /// <summary>The 4 bytes for the peer's completion, of the requests with an immediate.</summary>
    public uint Immediate { get; init; }

    /// <summary>
    /// The rkey to end: the peer's, of <see cref="SendOpcode.SendWithInvalidate"/>; one's own, of <see cref="SendOpcode.LocalInvalidate"/>.
    /// </summary>
    public uint InvalidateRKey { get; init; }

    /// <summary>The peer's memory, of writes, reads and atomics.</summary>
    public RemoteMemory Remote { get; init; }

    /// <summary>What to do with earlier writes, of <see cref="SendOpcode.Flush"/>.</summary>
    public FlushTypes FlushTypes { get; init; }

    /// <summary>To which bytes, of <see cref="SendOpcode.Flush"/>.</summary>
    public FlushLevel FlushLevel { get; init; }

    /// <summary>What to bind to what, of <see cref="SendOpcode.BindWindow"/>.</summary>
    public WindowBinding Binding { get; init; }

    /// <summary>Value to compare with, or to add, of atomics.</summary>
    public ulong CompareAdd { get; init; }

    /// <summary>Value to put there, of <see cref="SendOpcode.CompareSwap"/>.</summary>
    public ulong Swap { get; init; }
}
