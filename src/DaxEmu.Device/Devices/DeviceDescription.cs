using System.Globalization;

namespace DaxEmu.Device;

/// <summary>A device, as <c>daxemu status</c> shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its device file, as programs see it.</param>
/// <param name="NodeGuid">node_guid, 16 hexadecimal digits.</param>
/// <param name="Ports">Its ports, from port 1 on.</param>
/// <param name="OpenFiles">How many sessions have it open.</param>
public sealed record DeviceDescription(string Name, string Path, string NodeGuid, IReadOnlyList<PortDescription> Ports, int OpenFiles)
{
    internal static DeviceDescription Of(EmulatedDevice device, IEnumerable<SessionSnapshot> sessions) => new(
        device.Name,
        device.Path,
        device.NodeGuid.ToString("x16", CultureInfo.InvariantCulture),
        [.. device.Ports.Select(PortDescription.Of)],
        sessions.Count(session => session.Device == device.Name));
}
