using System.Globalization;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// The files below /sys that describe the device to libibverbs, perftest, UCX and the like: the kernel's
/// Documentation/ABI/stable/sysfs-class-infiniband.
/// </summary>
internal sealed class VirtualSysfs
{
    // The character devices' numbers, as the kernel has them: IB_UVERBS_MAJOR and IB_UVERBS_BASE_MINOR. Programs compare them with fstat(2).
    private const int Major = 231;
    private const int BaseMinor = 192;

    // A miscellaneous device: major 10, and a minor that the kernel gives out (linux/miscdevice.h).
    private const string ConnectionManagerNumber = "10:122";

    private readonly Dictionary<string, string> _files = [];
    private readonly Dictionary<string, SortedSet<string>> _directories = [];

    /// <summary>Writes the files down.</summary>
    public VirtualSysfs(EmulatedDevices devices)
    {
        Add("class/infiniband_verbs/abi_version", "6");
        foreach (EmulatedDevice device in devices.All)
        {
            AddDeviceFile($"class/infiniband_verbs/{device.FileName}", device);
            AddDevice($"class/infiniband/{device.Name}", device);
        }

        Add("class/misc/rdma_cm/abi_version", "4");
        Add("class/misc/rdma_cm/dev", ConnectionManagerNumber);
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

    private void AddDeviceFile(string file, EmulatedDevice device)
    {
        Add($"{file}/ibdev", device.Name);
        Add($"{file}/dev", Number(Major) + ":" + Number(BaseMinor + device.Index));
        Add($"{file}/abi_version", "2");
        AddHardware($"{file}/device", device);
    }

    private void AddDevice(string path, EmulatedDevice device)
    {
        string guid = Quads(device.NodeGuid);
        Add($"{path}/node_type", "1: CA");
        Add($"{path}/node_guid", guid);
        Add($"{path}/sys_image_guid", guid);
        Add($"{path}/fw_ver", "");
        Add($"{path}/node_desc", $"DaxEmu {device.Name}");
        Add($"{path}/hca_type", "DaxEmu");
        AddHardware($"{path}/device", device);
        foreach (EmulatedPort port in device.Ports)
        {
            AddPort($"{path}/ports/{Number(port.Number)}", port);
        }
    }

    // What a kernel shows of the card behind. The alias makes libibverbs take the rxe provider, whatever the device's name.
    private void AddHardware(string path, EmulatedDevice device)
    {
        Add($"{path}/modalias", "rdma_device:Nrxe0");
        Add($"{path}/numa_node", Number(device.Options.NumaNode));
        Add($"{path}/local_cpus", ProcessorMask(Environment.ProcessorCount));
        Add($"{path}/local_cpulist", Environment.ProcessorCount == 1 ? "0" : $"0-{Number(Environment.ProcessorCount - 1)}");
        Add($"{path}/vendor", "0x" + Hex(device.Options.VendorId & 0xffff, "x4"));
        Add($"{path}/device", "0x" + Hex(device.Options.VendorPartId & 0xffff, "x4"));
        foreach (IGrouping<string, EmulatedPort> network in device.Ports.GroupBy(port => port.Options.NetworkInterface))
        {
            EmulatedPort first = network.First();
            Add($"{path}/net/{network.Key}/address", Octets(first.HardwareAddress));
            Add($"{path}/net/{network.Key}/dev_port", Number(first.Number - 1));
        }
    }

    private void AddPort(string path, EmulatedPort port)
    {
        Add($"{path}/state", port.Options.IsActive ? "4: ACTIVE" : "1: DOWN");
        Add($"{path}/phys_state", port.Options.IsActive ? "5: LinkUp" : "3: Disabled");
        Add($"{path}/rate", "100 Gb/sec (4X EDR)");
        Add($"{path}/link_layer", "Ethernet");
        Add($"{path}/lid", "0x0");
        Add($"{path}/sm_lid", "0x0");
        Add($"{path}/sm_sl", "0");
        Add($"{path}/lid_mask_count", "0");
        Add($"{path}/cap_mask", "0x00010000");
        Add($"{path}/pkeys/0", "0xffff");
        for (int i = 0; i < port.Gids.Entries.Length; i++)
        {
            string? type = port.Gids.TypeOf(i);
            Add($"{path}/gids/{Number(i)}", port.Gids.Entries[i].ToString());
            AddOrRefuse($"{path}/gid_attrs/types/{Number(i)}", type);
            AddOrRefuse($"{path}/gid_attrs/ndevs/{Number(i)}", type is null ? null : port.Options.NetworkInterface);
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

    // As the kernel prints a cpumask: 32 bits a word, the highest first.
    private static string ProcessorMask(int processors)
    {
        List<string> words = [];
        for (int left = processors; left > 0; left -= 32)
        {
            words.Add(Hex(left >= 32 ? uint.MaxValue : (1U << left) - 1, "x8"));
        }

        words.Reverse();
        return string.Join(',', words);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Quads(ulong guid) =>
        string.Join(':', Enumerable.Range(0, 4).Select(i => Hex((guid >> (48 - (16 * i))) & 0xffff, "x4")));

    private static string Octets(ulong address) =>
        string.Join(':', Enumerable.Range(0, 6).Select(i => Hex((address >> (40 - (8 * i))) & 0xff, "x2")));

    private static string Hex(ulong value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
