using System.Globalization;
using System.Text;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>An emulated device: its names, its ports and what it says of itself.</summary>
public sealed class EmulatedDevice
{
    internal EmulatedDevice(int index, EmulatedDeviceOptions options, NicOptions nic)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.Ports.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Ports.Count, byte.MaxValue - 1);
        Index = index;
        Options = options;
        ulong hardwareAddress = HardwareAddressOf(options.Name);
        Ports =
        [
            .. options.Ports.Select((port, i) =>
                new EmulatedPort((byte)(i + 1), hardwareAddress + (ulong)i, port, options.GidTableLength)),
        ];
        NodeGuid = options.NodeGuid ?? GidTable.GuidOf(hardwareAddress);
        Attributes = new DeviceAttributes(nic, this);
    }

    /// <summary>Its place among the server's devices, which is <see cref="ProtectionDomain.Device"/> of what is made on it.</summary>
    public int Index { get; }

    /// <summary>As configured.</summary>
    public EmulatedDeviceOptions Options { get; }

    /// <summary>Its name.</summary>
    public string Name => Options.Name;

    /// <summary>Name of its device file, such as <c>uverbs0</c>.</summary>
    public string FileName => "uverbs" + Index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Path of its device file.</summary>
    public string Path => "/dev/infiniband/" + FileName;

    /// <summary>node_guid.</summary>
    public ulong NodeGuid { get; }

    /// <summary>Its ports, from port 1 on.</summary>
    public IReadOnlyList<EmulatedPort> Ports { get; }

    /// <summary>What query_device and query_port say.</summary>
    internal DeviceAttributes Attributes { get; }

    /// <summary>The port with a number; null when there is none.</summary>
    /// <param name="number">port_num.</param>
    public EmulatedPort? Port(byte number) => number >= 1 && number <= Ports.Count ? Ports[number - 1] : null;

    // FNV-1a of the name, below the bits that say "locally administered" and above room for the ports.
    private static ulong HardwareAddressOf(string name)
    {
        ulong hash = Encoding.UTF8.GetBytes(name).Aggregate(0xcbf2_9ce4_8422_2325, (h, b) => unchecked((h ^ b) * 0x100_0000_01b3));
        return 0x02_00_00_00_00_01 | ((hash ^ (hash >> 32)) & 0xffff_ffff) << 8;
    }
}
