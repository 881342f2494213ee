namespace DaxEmu.Device;

/// <summary>An emulated RDMA device. All devices of a server are views on one NIC, and on one fabric.</summary>
public sealed record EmulatedDeviceOptions
{
    /// <summary>
    /// Its name, as ibv_get_device_name(3) gives it: a file name of up to 63 bytes. libibverbs' rxe provider takes any, for sysfs tells it
    /// what the device is.
    /// </summary>
    public string Name { get; init; } = "rxe0";

    /// <summary>node_guid and sys_image_guid; null derives one from the name, the same at every start.</summary>
    public ulong? NodeGuid { get; init; }

    /// <summary>vendor_id of ibv_query_device(3). The default is rxe's: not an OUI, for nobody made the device.</summary>
    public uint VendorId { get; init; } = 0xff_ffff;

    /// <summary>vendor_part_id of ibv_query_device(3): some programs choose features by it, perftest inline data for one.</summary>
    public uint VendorPartId { get; init; }

    /// <summary>The NUMA node that sysfs shows, -1 for none.</summary>
    public int NumaNode { get; init; } = -1;

    /// <summary>Entries of each port's GID table; those beyond what the addresses need are empty.</summary>
    public int GidTableLength { get; init; } = 16;

    /// <summary>Its ports, from port 1 on; 1 to 254.</summary>
    public IReadOnlyList<EmulatedPortOptions> Ports { get; init; } = [new()];
}
