namespace DaxEmu.Device;

/// <summary>Which device an address leads to: the neighbour tables and routes of the emulated network. Safe for any number of threads.</summary>
internal interface ICmPorts
{
    /// <summary>Where a local address lies.</summary>
    /// <param name="address">IPv4 or IPv6, not the wildcard.</param>
    /// <param name="port">The device port that owns it, or stands in for it.</param>
    /// <returns>0; EADDRNOTAVAIL for an address that this machine has not; ENODEV for one that no device serves.</returns>
    int Find(CmAddress address, out CmPort? port);

    /// <summary>The port that loopback connections use; null when no port is active.</summary>
    CmPort? Loopback { get; }
}
