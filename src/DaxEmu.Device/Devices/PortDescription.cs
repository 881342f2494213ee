namespace DaxEmu.Device;

/// <summary>A port, as <c>daxemu status</c> shows it.</summary>
/// <param name="Number">port_num.</param>
/// <param name="IsActive">False when it is down.</param>
/// <param name="NetworkInterface">The network interface that it belongs to.</param>
/// <param name="Addresses">Its IP addresses.</param>
public sealed record PortDescription(byte Number, bool IsActive, string NetworkInterface, IReadOnlyList<string> Addresses)
{
    internal static PortDescription Of(EmulatedPort port) => new(
        port.Number, port.Options.IsActive, port.Options.NetworkInterface, [.. port.Options.Addresses.Select(a => a.ToString())]);
}
