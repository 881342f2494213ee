using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>The port of a device that an id is bound to.</summary>
/// <param name="Device">Index of the device.</param>
/// <param name="Port">Its port, from 1.</param>
/// <param name="GidIndex">The entry of its GID table that stands for the id's address.</param>
/// <param name="Gid">That entry.</param>
/// <param name="NodeGuid">The device's node_guid, host order.</param>
internal sealed record CmPort(int Device, byte Port, byte GidIndex, Gid Gid, ulong NodeGuid);
