using System.Globalization;

namespace DaxEmu.Device;

/// <summary>A port of an emulated device.</summary>
public sealed class EmulatedPort
{
    internal EmulatedPort(byte number, ulong hardwareAddress, EmulatedPortOptions options, int gidTableLength)
    {
        Number = number;
        HardwareAddress = hardwareAddress;
        Options = options;
        Gids = new GidTable(hardwareAddress, options.Addresses, gidTableLength, options.IsActive);
    }

    /// <summary>port_num, from 1.</summary>
    public byte Number { get; }

    /// <summary>48 bits; locally administered.</summary>
    public ulong HardwareAddress { get; }

    /// <summary>As configured.</summary>
    public EmulatedPortOptions Options { get; }

    /// <summary>
    /// Index of the network interface, as the daemon's network namespace has it; 0 when it has no such interface. Looked up at each
    /// question: interfaces come and go.
    /// </summary>
    public uint InterfaceIndex
    {
        get
        {
            string file = $"/sys/class/net/{Options.NetworkInterface}/ifindex";
            try
            {
                return uint.Parse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or OverflowException)
            {
                return 0;
            }
        }
    }

    /// <summary>Its GID table.</summary>
    public GidTable Gids { get; }
}
