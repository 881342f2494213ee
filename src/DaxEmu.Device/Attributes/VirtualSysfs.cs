using System.Globalization;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// The files below /sys that describe the device to libibverbs, perftest, UCX and the like: the kernel's
/// Documentation/ABI/stable/sysfs-class-infiniband.
/// </summary>
internal sealed class VirtualSysfs
{
    // The character device's number; dynamic in the kernel, and programs compare it with fstat(2) of the device file.
    private const string DeviceNumber = "231:192";

    private readonly Dictionary<string, string> _files = [];
    private readonly Dictionary<string, SortedSet<string>> _directories = [];

    /// <summary>Writes the files down.</summary>
    public VirtualSysfs(DeviceServerOptions options, GidTable gids)
    {
        string name = options.Name;
        Add("class/infiniband_verbs/abi_version", "6");
        Add("class/infiniband_verbs/uverbs0/ibdev", name);
        Add("class/infiniband_verbs/uverbs0/dev", DeviceNumber);
        Add("class/infiniband_verbs/uverbs0/abi_version", "2");
        Add("class/infiniband_verbs/uverbs0/device/modalias", "rdma_device:Nrxe0");

        string device = $"class/infiniband/{name}";
        string guid = Quads(gids.Guid);
        Add($"{device}/node_type", "1: CA");
        Add($"{device}/node_guid", guid);
        Add($"{device}/sys_image_guid", guid);
        Add($"{device}/fw_ver", "");
        Add($"{device}/node_desc", $"DaxEmu {name}");
        Add($"{device}/device/modalias", "rdma_device:Nrxe0");
        Add($"{device}/device/numa_node", "-1");
        Add($"{device}/device/net/{options.NetworkInterface}/address", Octets(options.HardwareAddress));
        AddPort($"{device}/ports/{DeviceAttributes.Port}", options, gids);
    }

    /// <summary>Reads a file, or lists a directory.</summary>
    /// <param name="path">Without the leading "/sys/". With a '/' at its end: a directory's entries are wanted.</param>
    /// <param name="text">
    /// The file's text, with the newline that sysfs ends it with; or the directory's entries, a line each, those of directories with a
    /// '/' behind.
    /// </param>
    /// <returns>0, ENOENT, EISDIR, ENOTDIR, or EINVAL as the kernel's attributes of an empty GID entry answer.</returns>
    public int Read(string path, out string text)
    {
        if (path.EndsWith('/'))
        {
            return List(path[..^1], out text);
        }

        if (_files.TryGetValue(path, out text!))
        {
            return text.Length == 0 ? EINVAL : 0;
        }

        text = "";
        return _directories.ContainsKey(path) ? EISDIR : ENOENT;
    }

    private int List(string path, out string text)
    {
        bool found = _directories.TryGetValue(path, out SortedSet<string>? entries);
        text = found ? string.Concat(entries!.Select(entry => entry + "\n")) : "";
        return found ? 0 : _files.ContainsKey(path) ? ENOTDIR : ENOENT;
    }

    private void AddPort(string port, DeviceServerOptions options, GidTable gids)
    {
        Add($"{port}/state", "4: ACTIVE");
        Add($"{port}/phys_state", "5: LinkUp");
        Add($"{port}/rate", "100 Gb/sec (4X EDR)");
        Add($"{port}/link_layer", "Ethernet");
        Add($"{port}/lid", "0x0");
        Add($"{port}/sm_lid", "0x0");
        Add($"{port}/sm_sl", "0");
        Add($"{port}/lid_mask_count", "0");
        Add($"{port}/cap_mask", "0x00010000");
        Add($"{port}/pkeys/0", "0xffff");
        for (int i = 0; i < gids.Entries.Length; i++)
        {
            string? type = gids.TypeOf(i);
            Add($"{port}/gids/{i}", gids.Entries[i].ToString());
            AddOrRefuse($"{port}/gid_attrs/types/{i}", type);
            AddOrRefuse($"{port}/gid_attrs/ndevs/{i}", type is null ? null : options.NetworkInterface);
        }
    }

    private void Add(string path, string line) => AddOrRefuse(path, line);

    private void AddOrRefuse(string path, string? line)
    {
        _files[path] = line is null ? "" : line + "\n";
        string entry = Path.GetFileName(path);
        for (string? at = Path.GetDirectoryName(path); !string.IsNullOrEmpty(at); at = Path.GetDirectoryName(at))
        {
            if (!_directories.TryGetValue(at, out SortedSet<string>? entries))
            {
                _directories[at] = entries = new(StringComparer.Ordinal);
            }

            entries.Add(entry);
            entry = Path.GetFileName(at) + "/";
        }
    }

    private static string Quads(ulong guid) =>
        string.Join(':', Enumerable.Range(0, 4).Select(i => Hex((guid >> (48 - (16 * i))) & 0xffff, "x4")));

    private static string Octets(ulong address) =>
        string.Join(':', Enumerable.Range(0, 6).Select(i => Hex((address >> (40 - (8 * i))) & 0xff, "x2")));

    private static string Hex(ulong value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
