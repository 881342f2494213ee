namespace DaxEmu.Nic;

/// <summary>A wish for a shared receive queue (struct ibv_srq_init_attr).</summary>
/// <param name="MaxWr">Receives it must hold; it holds <see cref="RingLayout.Capacity"/> of <see cref="Layout"/>.</param>
/// <param name="MaxSge">Scatter/gather elements of a receive.</param>
/// <param name="Limit">srq_limit: IBV_EVENT_SRQ_LIMIT_REACHED is raised once when fewer receives are left; 0 never.</param>
/// <param name="Ring">Where its ring lies: <see cref="Layout"/> bytes.</param>
/// <param name="Cookie">Carried by its events.</param>
public sealed record SharedReceiveQueueRequest(uint MaxWr, uint MaxSge, uint Limit, RingLocation Ring, ulong Cookie)
{
    /// <summary>Its ring.</summary>
    public RingLayout Layout => LayoutFor(MaxWr, MaxSge);

    /// <summary>The ring of a shared receive queue.</summary>
    /// <param name="maxWr">Receives that must fit.</param>
    /// <param name="maxSge">Scatter/gather elements of each.</param>
    public static RingLayout LayoutFor(uint maxWr, uint maxSge) => new QpCapabilities(0, maxWr, 0, maxSge, 0).ReceiveRing;
}
