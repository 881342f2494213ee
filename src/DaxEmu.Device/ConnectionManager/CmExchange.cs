namespace DaxEmu.Device;

/// <summary>Where the exchange of messages with the peer stands (enum ib_cm_state; IBTA volume 1, 12.9).</summary>
internal enum CmExchange
{
    /// <summary>None yet, or over.</summary>
    Idle,

    /// <summary>Asked for a connection.</summary>
    RequestSent,

    /// <summary>Was asked for one.</summary>
    RequestReceived,

    /// <summary>Accepted.</summary>
    ReplySent,

    /// <summary>Was accepted, and has to say that it is ready.</summary>
    ReplyReceived,

    /// <summary>Connected.</summary>
    Established,

    /// <summary>Ended the connection.</summary>
    DisconnectSent,

    /// <summary>The peer ended the connection.</summary>
    DisconnectReceived,

    /// <summary>Old packets may still be under way.</summary>
    TimeWait,

    /// <summary>Asked for a datagram queue pair (SIDR).</summary>
    ResolutionSent,

    /// <summary>Was asked for one.</summary>
    ResolutionReceived,
}
