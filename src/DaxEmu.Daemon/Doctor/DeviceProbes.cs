using System.Net;
using System.Net.NetworkInformation;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Device;

namespace DaxEmu.Daemon.Doctor;

/// <summary>The configured RDMA devices, held against the network of this machine.</summary>
internal static class DeviceProbes
{
    /// <summary>Whether the addresses of a device's ports lie on the network interfaces that it names.</summary>
    /// <param name="device">The device.</param>
    public static ProbeResult Addresses(EmulatedDeviceOptions device)
    {
        string name = $"device {device.Name}";
        HashSet<string> interfaces = [.. NetworkInterface.GetAllNetworkInterfaces().Select(i => i.Name)];
        string[] problems =
        [
            .. device.Ports.Select((port, i) => Problem(port, i + 1, interfaces)).OfType<string>(),
        ];
        return problems.Length == 0
            ? ProbeResult.Ok(name, string.Join("; ", device.Ports.Select((port, i) => $"port {i + 1}: {Describe(port)}")))
            : ProbeResult.Degraded(
                name,
                string.Join("; ", problems),
                "Connections by GID work; programs that look the address or its network interface up, to exchange addresses over TCP, do not find it.",
                "ip address add ADDRESS/32 dev INTERFACE, or set Addresses and NetworkInterface of the port in the section Devices.");
    }

    private static string? Problem(EmulatedPortOptions port, int number, HashSet<string> interfaces)
    {
        if (!interfaces.Contains(port.NetworkInterface))
        {
            return $"port {number}: there is no network interface {port.NetworkInterface}";
        }

        // All of 127.0.0.0/8 is the loopback interface's.
        IPAddress? foreign = port.Addresses.FirstOrDefault(a => !IPAddress.IsLoopback(a) && PortsReader.FindInterface(a) != port.NetworkInterface);
        return foreign is null ? null : $"port {number}: {port.NetworkInterface} does not have the address {foreign}";
    }

    private static string Describe(EmulatedPortOptions port) =>
        port.IsActive ? $"{string.Join(", ", port.Addresses)} on {port.NetworkInterface}" : "down";
}
