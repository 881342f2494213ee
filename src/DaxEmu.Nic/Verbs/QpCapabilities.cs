namespace DaxEmu.Nic;

/// <summary>Capacities of a queue pair (struct ibv_qp_cap).</summary>
/// <param name="MaxSendWr">Work requests in the send queue.</param>
/// <param name="MaxReceiveWr">Work requests in the receive queue.</param>
/// <param name="MaxSendSge">Scatter/gather elements of a send.</param>
/// <param name="MaxReceiveSge">Scatter/gather elements of a receive.</param>
/// <param name="MaxInlineData">Bytes of inline data of a send.</param>
public readonly record struct QpCapabilities(uint MaxSendWr, uint MaxReceiveWr, uint MaxSendSge, uint MaxReceiveSge, uint MaxInlineData)
{
    // sizeof(struct rxe_sge): inline data and elements share one space, so the larger decides for both, as in the rxe driver.
    private const uint SgeBytes = 16;

    /// <summary>What a queue pair asked for with these capacities gets.</summary>
    public QpCapabilities Granted
    {
        get
        {
            uint space = Math.Max(MaxSendSge * SgeBytes, MaxInlineData);
            return this with { MaxSendSge = space / SgeBytes, MaxInlineData = space };
        }
    }

    /// <summary>The send queue's ring: a send work request with the space for its elements or inline data.</summary>
    public RingLayout SendRing => RingLayout.For(MaxSendWr, RingLayout.SendWqeBytes + Math.Max(MaxSendSge * SgeBytes, MaxInlineData));

    /// <summary>The receive queue's ring.</summary>
    public RingLayout ReceiveRing => RingLayout.For(MaxReceiveWr, RingLayout.ReceiveWqeBytes + (MaxReceiveSge * SgeBytes));
}
