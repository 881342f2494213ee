using System.Globalization;
using System.Text;
using DaxEmu.Device;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Reads <c>Devices</c>, or the one device that <c>Device:Name</c> names where there is no such list.</summary>
internal static class DevicesReader
{
    private const string List = "Devices";
    private const string Single = "Device:Name";
    private const string DefaultName = "rxe0";

    // IB_DEVICE_NAME_MAX, less the NUL.
    private const int LongestName = 63;

    // IFNAMSIZ, less the NUL.
    private const int LongestInterface = 15;
    private const int MostPorts = 32;
    private const int MostGids = 256;

    /// <summary>Reads them; problems go to the reader.</summary>
    public static IReadOnlyList<EmulatedDeviceOptions> Read(SettingReader reader)
    {
        IReadOnlyList<string> keys = reader.Entries(List);
        string? single = reader.OptionalText(Single);
        if (keys.Count == 0)
        {
            return [new EmulatedDeviceOptions { Name = CheckName(reader, Single, single ?? DefaultName) }];
        }

        if (single is not null)
        {
            reader.Reject(Single, $"names the only device, but {List} lists {keys.Count}: give the name there");
        }

        if (keys.Count > EmulatedDevices.Most)
        {
            reader.RejectList(List, $"has {keys.Count} devices; {EmulatedDevices.Most} is the most that device files have numbers for");
        }

        EmulatedDeviceOptions[] devices = [.. keys.Take(EmulatedDevices.Most).Select(key => ReadDevice(reader, key))];
        CheckAgainstEachOther(reader, keys, devices);
        return devices;
    }

    private static EmulatedDeviceOptions ReadDevice(SettingReader reader, string key)
    {
        string name = CheckName(reader, $"{key}:Name", reader.RequiredText($"{key}:Name", "the device's name, such as rxe0 or mlx5_0"));
        EmulatedPortOptions[] ports = PortsReader.Read(reader, $"{key}:Ports", MostPorts, LongestInterface);
        int needed = GidTable.LengthFor(ports.Max(p => p.Addresses.Count));
        int fewest = Math.Min(needed, MostGids);
        return new EmulatedDeviceOptions
        {
            Name = name,
            NodeGuid = ReadGuid(reader, $"{key}:NodeGuid"),
            VendorId = (uint)reader.WholeNumber($"{key}:VendorId", otherwise: 0xff_ffff, smallest: 0, largest: 0xff_ffff),
            VendorPartId = (uint)reader.WholeNumber($"{key}:VendorPartId", otherwise: 0, smallest: 0, largest: int.MaxValue),
            NumaNode = reader.WholeNumber($"{key}:NumaNode", otherwise: -1, smallest: -1, largest: 1023),
            GidTableLength = reader.WholeNumber(
                $"{key}:GidTableLength", otherwise: Math.Max(16, needed), smallest: Math.Max(4, fewest), largest: MostGids),
            Ports = ports,
        };
    }

    private static string CheckName(SettingReader reader, string key, string name)
    {
        if (name.Length == 0)
        {
            return DefaultName;
        }

        if (Encoding.UTF8.GetByteCount(name) > LongestName)
        {
            reader.Reject(key, $"is longer than the {LongestName} bytes that a device's name can have: shorten it");
        }
        else if (name is "." or ".." || name.Any(c => c == '/' || char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            reader.Reject(key, "cannot be a file name below /sys/class/infiniband: leave out '/' and blanks");
        }

        return name;
    }

    // Sixteen digits, as sysfs shows them in groups of four, or plain.
    private static ulong? ReadGuid(SettingReader reader, string key)
    {
        if (reader.OptionalText(key) is not { } text)
        {
            return null;
        }

        string digits = text.Replace(":", "", StringComparison.Ordinal);
        if (digits.Length == 16 && ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong guid) && guid != 0)
        {
            return guid;
        }

        reader.Reject(key, "is not 16 hexadecimal digits, such as 02da:7eff:fe40:0001, that are not all 0");
        return null;
    }

    private static void CheckAgainstEachOther(SettingReader reader, IReadOnlyList<string> keys, EmulatedDeviceOptions[] devices)
    {
        for (int i = 0; i < devices.Length; i++)
        {
            for (int earlier = 0; earlier < i; earlier++)
            {
                if (devices[i].Name == devices[earlier].Name && devices[i].Name.Length > 0)
                {
                    reader.Reject($"{keys[i]}:Name", $"is already the name of {keys[earlier]}: each device needs one of its own");
                }

                if (devices[i].NodeGuid is { } guid && guid == devices[earlier].NodeGuid)
                {
                    reader.Reject($"{keys[i]}:NodeGuid", $"is already the GUID of {keys[earlier]}: programs tell devices apart by it");
                }
            }
        }
    }
}
