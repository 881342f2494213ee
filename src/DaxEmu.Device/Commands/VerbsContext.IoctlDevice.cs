using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_gid_type;
using static DaxEmu.Abi.uverbs_attrs_async_event_create;
using static DaxEmu.Abi.uverbs_attrs_get_context_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_info_handles_id;
using static DaxEmu.Abi.uverbs_attrs_query_gid_entry_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_gid_table_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_port_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_port_speed_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_default_objects;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    // Leaves room in a message for what goes around it.
    private const int LongestTable = daxemu_device.DAXEMU_MAX_MESSAGE - 1024;

    // The first is made with the context, whoever asks for it: events need a place to go.
    private readonly List<EventChannel> _asyncChannels = [];
    private int _asyncChannelsTaken;

    /// <summary>get_context by ioctl: the asynchronous event descriptor is for async_event_alloc.</summary>
    public NicResult GetContext(IoctlCall call)
    {
        if (_asyncChannel is not null)
        {
            return new NicError(EINVAL, "get_context was done already");
        }

        MakeContext();
        call.Write(UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS, CompletionVectors);

        // Nothing of enum ib_uverbs_core_support: libibverbs then keeps to itself the access flags that mean nothing here.
        call.Write(UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT, 0UL);
        call.Write(ib_user_ioctl_cmds.UVERBS_ATTR_UHW_OUT, []);
        return NicResult.Ok;
    }

    /// <summary>async_event_alloc: the first is where events go that no other was chosen for.</summary>
    public NicResult AllocateAsyncChannel(IoctlCall call)
    {
        if (_asyncChannelsTaken == _asyncChannels.Count)
        {
            if (_asyncChannels.Count + _channels.Count >= _services.Options.MaxChannelsPerSession)
            {
                return new NicError(
                    EMFILE, $"this device file has {_asyncChannels.Count + _channels.Count} event channels already, the limit");
            }

            _asyncChannels.Add(NewChannel());
        }

        call.WriteHandle(UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE, daxemu_device.DAXEMU_ASYNC_CHANNELS + (uint)_asyncChannelsTaken);
        call.Reply = _asyncChannels[_asyncChannelsTaken++].ClientEnd;
        return NicResult.Ok;
    }

    /// <summary>query_port by ioctl.</summary>
    public NicResult QueryPort(IoctlCall call)
    {
        if (PortOf(call, UVERBS_ATTR_QUERY_PORT_PORT_NUM) is not { } port)
        {
            return NoPort(call, UVERBS_ATTR_QUERY_PORT_PORT_NUM);
        }

        call.Write(UVERBS_ATTR_QUERY_PORT_RESP, new ib_uverbs_query_port_resp_ex { legacy_resp = _device.Attributes.Port(port) });
        return NicResult.Ok;
    }

    /// <summary>query_port_speed, in units of 100 Mb/s.</summary>
    public NicResult QueryPortSpeed(IoctlCall call)
    {
        if (PortOf(call, UVERBS_ATTR_QUERY_PORT_SPEED_PORT_NUM) is null)
        {
            return NoPort(call, UVERBS_ATTR_QUERY_PORT_SPEED_PORT_NUM);
        }

        call.Write(UVERBS_ATTR_QUERY_PORT_SPEED_RESP, DeviceAttributes.SpeedIn100Megabits);
        return NicResult.Ok;
    }

    /// <summary>query_gid_table: the entries of all ports that are not empty.</summary>
    public NicResult QueryGidTable(IoctlCall call)
    {
        ulong entrySize = call.Read<ulong>(UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE);
        int room = call.Length(UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES);
        if (call.Read<ulong>(UVERBS_ATTR_QUERY_GID_TABLE_FLAGS) != 0)
        {
            return new NicError(EINVAL, "query_gid_table: flags must be 0");
        }

        if (entrySize == 0 || entrySize > (ulong)room || (ulong)room % entrySize != 0)
        {
            return new NicError(EINVAL, $"query_gid_table: {room} bytes are no whole number of entries of {entrySize} bytes");
        }

        ib_uverbs_gid_entry[] entries =
        [
            .. from port in _device.Ports
               from index in Enumerable.Range(0, port.Gids.Entries.Length)
               where port.Gids.TypeOf(index) is not null
               select Entry(port, index),
        ];
        if ((ulong)entries.Length > (ulong)room / entrySize)
        {
            return new NicError(EINVAL, $"query_gid_table: there are {entries.Length} GIDs, and room for {(ulong)room / entrySize}");
        }

        if ((ulong)entries.Length * entrySize > LongestTable)
        {
            return new NicError(EINVAL, $"query_gid_table: {entries.Length} entries of {entrySize} bytes do not fit in a message");
        }

        byte[] table = new byte[entries.Length * (int)entrySize];
        for (int i = 0; i < entries.Length; i++)
        {
            ReadOnlySpan<byte> entry = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<ib_uverbs_gid_entry>(in entries[i]));
            entry[..Math.Min(entry.Length, (int)entrySize)].CopyTo(table.AsSpan(i * (int)entrySize));
        }

        call.Write(UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, table);
        call.Write(UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, (ulong)entries.Length);
        return NicResult.Ok;
    }

    /// <summary>query_gid_entry: ENODATA for an empty one.</summary>
    public NicResult QueryGidEntry(IoctlCall call)
    {
        ulong index = call.Read<ulong>(UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX);
        if (call.Read<ulong>(UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS) != 0)
        {
            return new NicError(EINVAL, "query_gid_entry: flags must be 0");
        }

        if (PortOf(call, UVERBS_ATTR_QUERY_GID_ENTRY_PORT) is not { } port)
        {
            return NoPort(call, UVERBS_ATTR_QUERY_GID_ENTRY_PORT);
        }

        if (index >= (ulong)port.Gids.Entries.Length)
        {
            return new NicError(EINVAL, $"query_gid_entry: the table has {port.Gids.Entries.Length} entries, so there is no {index}");
        }

        if (port.Gids.TypeOf((int)index) is null)
        {
            return new NicError(ENODATA, $"query_gid_entry: entry {index} of port {port.Number} is empty");
        }

        call.Write(UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, Entry(port, (int)index));
        return NicResult.Ok;
    }

    /// <summary>info_handles: the handles of the objects of one type.</summary>
    public NicResult InfoHandles(IoctlCall call)
    {
        ulong type = call.Read<ulong>(UVERBS_ATTR_INFO_OBJECT_ID);
        uint[]? handles = type switch
        {
            UVERBS_OBJECT_PD => [.. _domains.Handles],
            UVERBS_OBJECT_COMP_CHANNEL => [.. _channels.Handles],
            UVERBS_OBJECT_CQ => [.. _completionQueues.Handles],
            UVERBS_OBJECT_QP => [.. _queuePairs.Handles],
            UVERBS_OBJECT_SRQ => [.. _sharedReceiveQueues.Handles],
            UVERBS_OBJECT_AH => [.. _addressHandles.Handles],
            UVERBS_OBJECT_MR => [.. _regions.Handles],
            UVERBS_OBJECT_MW => [.. _windows.Handles],
            _ => null,
        };
        if (handles is null)
        {
            return new NicError(EINVAL, $"info_handles: objects of type {type} have no list of handles");
        }

        int room = call.Length(UVERBS_ATTR_INFO_HANDLES_LIST) / sizeof(uint);
        call.Write(UVERBS_ATTR_INFO_TOTAL_HANDLES, (uint)handles.Length);
        call.Write(
            UVERBS_ATTR_INFO_HANDLES_LIST,
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(handles.AsSpan(0, Math.Min(room, Math.Min(handles.Length, MostHandles)))));
        return NicResult.Ok;
    }

    private void MakeContext()
    {
        _asyncChannel = NewChannel();
        _asyncChannels.Add(_asyncChannel);
    }

    private EmulatedPort? PortOf(IoctlCall call, ushort attribute) =>
        call.Read<ulong>(attribute) is <= byte.MaxValue and ulong number ? _device.Port((byte)number) : null;

    private NicError NoPort(IoctlCall call, ushort attribute) =>
        new(EINVAL, $"{call.Method.Name}: {_device.Name} has ports 1 to {_device.Ports.Count}, not {call.Read<ulong>(attribute)}");

    private static ib_uverbs_gid_entry Entry(EmulatedPort port, int index)
    {
        ib_uverbs_gid_entry entry = new()
        {
            gid_index = (uint)index,
            port_num = port.Number,
            gid_type = GidTable.IsVersion2(index) ? IB_UVERBS_GID_TYPE_ROCE_V2 : IB_UVERBS_GID_TYPE_ROCE_V1,
            netdev_ifindex = port.InterfaceIndex,
        };
        port.Gids.Entries[index].CopyTo(entry.gid);
        return entry;
    }
}
