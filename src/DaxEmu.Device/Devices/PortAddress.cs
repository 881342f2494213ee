namespace DaxEmu.Device;

/// <summary>An entry of a port's GID table.</summary>
/// <param name="Device">The device.</param>
/// <param name="Port">The port.</param>
/// <param name="GidIndex">The entry.</param>
public readonly record struct PortAddress(EmulatedDevice Device, EmulatedPort Port, byte GidIndex);
