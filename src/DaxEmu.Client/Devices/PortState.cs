namespace DaxEmu.Client;

/// <summary>State of a port: <c>enum ibv_port_state</c>.</summary>
public enum PortState
{
    /// <summary>No state change: never reported for a port (<c>IBV_PORT_NOP</c>).</summary>
    NoStateChange = 0,

    /// <summary>The link is down (<c>IBV_PORT_DOWN</c>).</summary>
    Down = 1,

    /// <summary>The link is up, the port is not configured (<c>IBV_PORT_INIT</c>).</summary>
    Initialize = 2,

    /// <summary>Configured, not yet passing data (<c>IBV_PORT_ARMED</c>).</summary>
    Armed = 3,

    /// <summary>Ready to pass data (<c>IBV_PORT_ACTIVE</c>).</summary>
    Active = 4,

    /// <summary>The link failed, briefly so far (<c>IBV_PORT_ACTIVE_DEFER</c>).</summary>
    ActiveDefer = 5,
}
