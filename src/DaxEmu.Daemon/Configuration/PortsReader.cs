using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using DaxEmu.Device;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Reads the <c>Ports</c> of a device: a list of them, or how many there are.</summary>
internal static class PortsReader
{
    private const int MostAddresses = 64;

    /// <summary>Reads them; problems go to the reader. There is at least one in what is returned.</summary>
    /// <param name="reader">Reads.</param>
    /// <param name="key">Of the list.</param>
    /// <param name="most">Ports.</param>
    /// <param name="longestInterface">Bytes of an interface's name.</param>
    public static EmulatedPortOptions[] Read(SettingReader reader, string key, int most, int longestInterface)
    {
        IReadOnlyList<string> keys = reader.EntriesOrValue(key, out string? count);
        if (count is not null)
        {
            if (int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most)
            {
                return [.. Enumerable.Repeat(new EmulatedPortOptions(), number)];
            }

            reader.Reject(key, $"is neither a number of ports from 1 to {most} nor a list of at least one port");
            return [new()];
        }

        if (keys.Count > most)
        {
            reader.RejectList(key, $"has {keys.Count} ports; {most} is the most");
        }

        return keys.Count == 0 ? [new()] : [.. keys.Take(most).Select(port => ReadPort(reader, port, longestInterface))];
    }

    private static EmulatedPortOptions ReadPort(SettingReader reader, string key, int longestInterface)
    {
        IPAddress[] addresses = ReadAddresses(reader, $"{key}:Addresses");
        string network = reader.Text($"{key}:NetworkInterface", InterfaceOf(addresses[0]));
        if (network.Length == 0 || Encoding.UTF8.GetByteCount(network) > longestInterface || network is "." or ".."
            || network.Any(c => c == '/' || char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            reader.Reject($"{key}:NetworkInterface", $"is no name of a network interface: 1 to {longestInterface} bytes without '/' or blanks, such as eth0");
        }

        return new EmulatedPortOptions
        {
            Addresses = addresses,
            NetworkInterface = network,
            IsActive = reader.Choice<PortState>($"{key}:State") != PortState.Down,
        };
    }

    private static IPAddress[] ReadAddresses(SettingReader reader, string key)
    {
        List<IPAddress> addresses = [];
        foreach (string entry in reader.Entries(key))
        {
            string text = reader.Text(entry, "");
            if (!TryParse(text, out IPAddress? address))
            {
                reader.Reject(entry, "is no IPv4 or IPv6 address of one host, such as 192.0.2.1 or 2001:db8::1");
            }
            else if (addresses.Contains(address))
            {
                reader.Reject(entry, "is in the list already");
            }
            else
            {
                addresses.Add(address);
            }
        }

        if (addresses.Count > MostAddresses)
        {
            reader.RejectList(key, $"has {addresses.Count} addresses; {MostAddresses} is the most of a port");
        }

        // Programs look for the IPv4 addresses at GID 2 and 3.
        IPAddress[] ordered = [.. addresses.Take(MostAddresses).OrderBy(a => a.AddressFamily == AddressFamily.InterNetworkV6)];
        return ordered.Length == 0 ? [IPAddress.Loopback] : ordered;
    }

    private static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IPAddress? address)
    {
        // IPAddress.Parse also takes "1", a scope ("fe80::1%eth0") and a port: none of them is a GID.
        if (!IPAddress.TryParse(text, out address) || text.Contains('%', StringComparison.Ordinal) || text.Contains('[', StringComparison.Ordinal)
            || (address.AddressFamily == AddressFamily.InterNetwork && text.Count(c => c == '.') != 3))
        {
            return false;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !address.IsIPv6Multicast
            && !address.Equals(IPAddress.Broadcast) && (address.AddressFamily != AddressFamily.InterNetwork || (address.GetAddressBytes()[0] & 0xf0) != 0xe0);
    }

    /// <summary>The network interface of this machine that has an address; <c>lo</c> when none has.</summary>
    public static string InterfaceOf(IPAddress address) => FindInterface(address) ?? "lo";

    /// <summary>The network interface of this machine that has an address, or null.</summary>
    public static string? FindInterface(IPAddress address) =>
        NetworkInterface.GetAllNetworkInterfaces()
            .FirstOrDefault(i => i.GetIPProperties().UnicastAddresses.Any(a => WithoutScope(a.Address).Equals(address)))?.Name;

    private static IPAddress WithoutScope(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes()) : address;
}
