namespace DaxEmu.Device;

/// <summary>How far an id has come (enum rdma_cm_state); what the kernel does in the background is done at once here.</summary>
internal enum CmState
{
    /// <summary>New.</summary>
    Idle,

    /// <summary>Has a source address.</summary>
    AddressBound,

    /// <summary>Has a device and a destination.</summary>
    AddressResolved,

    /// <summary>Has a path.</summary>
    RouteResolved,

    /// <summary>A connection was asked for, from either side.</summary>
    Connect,

    /// <summary>The connection was ended.</summary>
    Disconnect,

    /// <summary>Waits for connections.</summary>
    Listen,
}
