using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>What all sessions share.</summary>
internal sealed record SessionServices(
    DeviceServerOptions Options,
    NicDevice Nic,
    MappingTable Mappings,
    NicEventRouter Events,
    IMemoryResolver Resolver,
    IDeviceLog Log,
    EmulatedDevices Devices,
    VirtualSysfs Sysfs,
    EventPump Pump,
    CmService Connections,
    RegionSyncer? Syncer)
{
    /// <summary>What each process has registered.</summary>
    public LockedMemory Locked { get; } = new(Options.MemoryLock);

    /// <summary>The files that regions reach by copying.</summary>
    public BouncedFiles Bounced { get; } = new();

    /// <summary>Memory of clients that cannot be mapped; null: the NIC's engines cannot reach any.</summary>
    public UnmappedMemory? Unmapped => Nic.UnmappedMemory as UnmappedMemory;
}
