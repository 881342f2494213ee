namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    // By device and port: replaced whole, so that a reader needs no lock.
    private Gid[][][] _gids = [[[]]];

    /// <summary>
    /// Sets what devices there are: each is a view on this NIC, so queue pairs of different ones can be connected. Queue pairs that are
    /// connected already stay so.
    /// </summary>
    /// <param name="devices">Each device's ports, from port 1 on, each with its GID table; an empty GID is an empty entry.</param>
    public void SetGidTables(IEnumerable<IEnumerable<Gid[]>> devices)
    {
        Gid[][][] tables = [.. devices.Select(ports => ports.Select(table => table.ToArray()).ToArray())];
        lock (_lock)
        {
            _gids = tables;
            _block.SetGids(tables);
        }
    }

    /// <summary>Sets that there is one device with one port.</summary>
    /// <param name="table">By index; an empty GID is an empty entry.</param>
    public void SetGidTable(ReadOnlySpan<Gid> table) => SetGidTables([[table.ToArray()]]);

    private byte PortsOf(ProtectionDomain domain) => (byte)(domain.Device < _gids.Length ? _gids[domain.Device].Length : 0);

    // The GID at an index of a port's table; empty when there is none.
    private Gid GidOf(ProtectionDomain domain, byte port, byte index) =>
        port >= 1 && port <= PortsOf(domain) && _gids[domain.Device][port - 1] is { } table && index < table.Length
            ? table[index]
            : default;

    // All devices are on one fabric: whose port has the GID does not matter.
    private bool IsReachable(Gid gid) =>
        !gid.IsEmpty && _gids.Any(ports => ports.Any(table => Array.IndexOf(table, gid) >= 0));
}
