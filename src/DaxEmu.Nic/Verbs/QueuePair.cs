namespace DaxEmu.Nic;

/// <summary>A queue pair.</summary>
public sealed class QueuePair
{
    private readonly NicBlock _block;

    internal QueuePair(NicBlock block, uint number, ProtectionDomain domain, QueuePairRequest request)
    {
        _block = block;
        Number = number;
        Domain = domain;
        Request = request;
    }

    /// <summary>qp_num, 24 bits: an index and a generation, so that a dead queue pair's number is not met again soon.</summary>
    public uint Number { get; }

    /// <summary>Its protection domain.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>What it was created with.</summary>
    public QueuePairRequest Request { get; }

    /// <summary>IBV_QPS_*, as the engines see it now.</summary>
    public uint State => IsGone ? Abi.ibv_qp_state.IBV_QPS_RESET : _block.QpByNumber(Number).ReadState();

    /// <summary>Held while it is modified or destroyed; taken before the device's lock.</summary>
    internal Lock Control { get; } = new();

    internal QpAttributes Attributes { get; set; }

    /// <summary>The multicast groups that it is attached to.</summary>
    internal HashSet<Gid> Groups { get; } = [];

    internal bool IsGone { get; set; }
}
