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

    /// <summary>Its GID table.</summary>
    public GidTable Gids { get; }
}
