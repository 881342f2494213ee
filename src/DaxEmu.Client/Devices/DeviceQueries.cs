using System.Buffers.Binary;
using System.Globalization;
using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Client;

/// <summary>What a device and its port say about themselves, by command or below /sys/class/infiniband.</summary>
internal sealed class DeviceQueries(DeviceCommands commands, string name)
{
    public DeviceAttributes Device()
    {
        ib_uverbs_query_device_resp device = commands.Write<ib_uverbs_query_device, ib_uverbs_query_device_resp>(
            "query_device", IB_USER_VERBS_CMD_QUERY_DEVICE, default);
        return new DeviceAttributes
        {
            NodeGuid = BinaryPrimitives.ReverseEndianness(device.node_guid),
            MaxMemoryRegionSize = device.max_mr_size,
            MaxMemoryRegions = Count(device.max_mr),
            MaxProtectionDomains = Count(device.max_pd),
            MaxQueuePairs = Count(device.max_qp),
            MaxWorkRequests = Count(device.max_qp_wr),
            MaxScatterGather = Count(device.max_sge),
            MaxCompletionQueues = Count(device.max_cq),
            MaxCompletions = Count(device.max_cqe),
            MaxReadAtomicAsTarget = Count(device.max_qp_rd_atom),
            MaxReadAtomicAsInitiator = Count(device.max_qp_init_rd_atom),
            PortCount = device.phys_port_cnt,
        };
    }

    public PortAttributes Port(byte number)
    {
        ib_uverbs_query_port_resp port = commands.Write<ib_uverbs_query_port, ib_uverbs_query_port_resp>(
            "query_port", IB_USER_VERBS_CMD_QUERY_PORT, new ib_uverbs_query_port { port_num = number });
        return new PortAttributes
        {
            State = (PortState)port.state,
            MaxMtu = (Mtu)port.max_mtu,
            ActiveMtu = (Mtu)port.active_mtu,
            GidTableLength = Count(port.gid_tbl_len),
            MaxMessageSize = port.max_msg_sz,
        };
    }

    public IReadOnlyList<GidEntry> Gids(byte port, int length)
    {
        List<GidEntry> entries = [];
        string directory = string.Create(CultureInfo.InvariantCulture, $"class/infiniband/{name}/ports/{port}");
        for (int index = 0; index < length; index++)
        {
            Gid gid = Gid.Parse(commands.ReadSysfs($"{directory}/gids/{index}"));

            // The table is full length; what is not in use is zero, and has no type to read.
            if (!gid.IsZero)
            {
                string type = commands.ReadSysfs($"{directory}/gid_attrs/types/{index}");
                entries.Add(new GidEntry(index, gid, type == "RoCE v2" ? GidType.RoceV2 : GidType.RoceV1));
            }
        }

        return entries;
    }

    private static int Count(uint value) => (int)Math.Min(value, int.MaxValue);
}
