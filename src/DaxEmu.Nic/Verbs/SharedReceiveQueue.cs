namespace DaxEmu.Nic;

/// <summary>A shared receive queue: receives for any number of queue pairs.</summary>
public sealed class SharedReceiveQueue
{
    private readonly NicBlock _block;

    internal SharedReceiveQueue(NicBlock block, uint number, ProtectionDomain domain, SharedReceiveQueueRequest request)
    {
        _block = block;
        Number = number;
        Domain = domain;
        Layout = request.Layout;
        MaxSge = request.MaxSge;
        Cookie = request.Cookie;
    }

    /// <summary>srq_num, unique while it lives.</summary>
    public uint Number { get; }

    /// <summary>Its protection domain: its receives name regions of it, whatever the domain of the queue pair.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>Its ring; changes when it is resized.</summary>
    public RingLayout Layout { get; internal set; }

    /// <summary>Scatter/gather elements of a receive.</summary>
    public uint MaxSge { get; }

    /// <summary>As given at creation; events carry it.</summary>
    public ulong Cookie { get; }

    /// <summary>True after IBV_EVENT_SRQ_ERR: nothing is taken from it any more.</summary>
    public bool IsInError => Volatile.Read(ref _block.Srq(Number).Error) != 0;

    internal int Uses { get; set; }

    internal bool IsGone { get; set; }
}
