using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>What all sessions of a device share.</summary>
internal sealed record SessionServices(
    DeviceServerOptions Options,
    NicDevice Nic,
    MappingTable Mappings,
    NicEventRouter Events,
    IMemoryResolver Resolver,
    IDeviceLog Log,
    DeviceAttributes Attributes,
    VirtualSysfs Sysfs,
    EventPump Pump);
