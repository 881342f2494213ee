namespace DaxEmu.Nic;

/// <summary>A completion queue.</summary>
public sealed class CompletionQueue
{
    private readonly NicBlock _block;

    internal CompletionQueue(NicBlock block, uint number, ulong owner, ulong cookie, RingLayout layout)
    {
        _block = block;
        Number = number;
        Owner = owner;
        Cookie = cookie;
        Layout = layout;
    }

    /// <summary>Its number, unique while it lives.</summary>
    public uint Number { get; }

    /// <summary>As given at creation.</summary>
    public ulong Owner { get; }

    /// <summary>As given at creation; events carry it.</summary>
    public ulong Cookie { get; }

    /// <summary>Its ring; changes when it is resized.</summary>
    public RingLayout Layout { get; internal set; }

    /// <summary>True after IBV_EVENT_CQ_ERR: nothing is added any more (IBTA 11.6.3.2, affiliated errors).</summary>
    public bool IsInError => _block.Cq(Number).IsInError;

    /// <summary>Completions that found no place since then, flushes included.</summary>
    public ulong LostCompletions => _block.Cq(Number).LostCompletions;

    /// <summary>Held while it gets another ring.</summary>
    internal Lock Resizing { get; } = new();

    internal int Uses { get; set; }

    internal bool IsGone { get; set; }
}
