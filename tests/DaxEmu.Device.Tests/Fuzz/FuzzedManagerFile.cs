using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device.Tests;

/// <summary>An open rdma_cm file without its sockets, fed with commands that mostly could be meant, three of four of them bent.</summary>
internal sealed class FuzzedManagerFile : ICmSignal, IDisposable
{
    private const int CommandsPerLife = 2000;
    private const int Few = 6;
    private const int Room = 4096;
    private static readonly int Header = Unsafe.SizeOf<rdma_ucm_cmd_hdr>();

    private static readonly CmAddress[] Addresses =
    [
        CmRig.Local, CmRig.Local, CmRig.Local, CmAddress.Of(IPAddress.Loopback, 7473), CmAddress.Of(IPAddress.Any, 0),
        CmAddress.Of(IPAddress.Parse("10.0.0.1"), 7471), CmAddress.Of(IPAddress.IPv6Loopback, 7471), CmAddress.Of(IPAddress.Parse("192.0.2.1"), 1),
    ];

    private static readonly CmAddress[] Groups = [CmAddress.Of(IPAddress.Parse("224.0.0.77"), 0), CmAddress.Of(IPAddress.Parse("ff0e::77"), 0)];

    private static readonly (ushort Space, byte Type)[] Transports = [(RDMA_PS_TCP, 2), (RDMA_PS_TCP, 2), (RDMA_PS_UDP, 4)];

    // How far an id has come.
    private const string Any = "id";
    private const string Resolved = "resolved";
    private const string Routed = "routed";
    private const string Asked = "asked";
    private const string Connected = "connected";

    private static readonly CmCommandShape GetEvent = CmCommandShape.All.Single(s => s.Definition.Number == RDMA_USER_CM_CMD_GET_EVENT);
    private static readonly string[] Stages = [Resolved, Routed, Asked, Connected];

    private readonly Random _random;
    private readonly CommandMutator _mutator;
    private readonly CmRig _rig;
    private readonly List<CmEventQueue> _queues;
    private readonly LiveObjects _ids = new();
    private readonly byte[] _room = new byte[Room];
    private readonly uint _user;
    private int _left;
    private CmEventQueue? _queue;
    private CmCommands? _commands;

    public FuzzedManagerFile(int seed, uint user, CmRig rig, int maxObjects, List<CmEventQueue> queues)
    {
        _random = new Random(seed);
        _mutator = new CommandMutator(_random);
        (_user, _rig, _queues) = (user, rig, queues);
        Quota = new UserQuota(user, new DeviceServerOptions { SocketPath = "@none", MaxObjectsPerUser = maxObjects }, new MappingBudget(4 * maxObjects));
    }

    public UserQuota Quota { get; }

    public long Bent { get; private set; }

    public Dictionary<string, long> Succeeded { get; } = [];

    public Dictionary<int, long> Answers { get; } = [];

    /// <summary>Ids of others.</summary>
    public IReadOnlyList<uint> Strangers { get; init; } = [];

    /// <summary>Makes a command, and has it carried out.</summary>
    public void Next()
    {
        if (_left-- == 0 || _queue is null)
        {
            Reopen();
        }

        CmCommandShape shape = Choose();
        byte[] command = Make(shape);
        if (_random.Next(4) == 0)
        {
            command = _mutator.Bend(command, isExtended: false);
            Bent++;
        }

        try
        {
            Execute(command, shape);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"rdma_cm command {Convert.ToHexString(command)} made the device throw", error);
        }
    }

    // Full now and then: the socket holds only so many tokens.
    public bool TryShow() => _random.Next(16) != 0;

    public bool TryTakeBack() => _random.Next(16) != 0;

    public void Dispose()
    {
        if (_queue is not null)
        {
            _queues.Remove(_queue);
            _rig.Manager.Close(_queue);
            _queue = null;
        }
    }

    private void Reopen()
    {
        Dispose();
        _left = CommandsPerLife;
        _ids.Clear();
        _queue = new CmEventQueue(this, Quota, _user);
        _queues.Add(_queue);
        // A descriptor that comes along is the event channel of anybody who passed it, or none.
        _commands = new CmCommands(_rig.Manager, _queue, _ => _random.Next(4) == 0 ? null : _queues[_random.Next(_queues.Count)]);
    }

    private CmCommandShape Choose()
    {
        // Nothing goes on without the events.
        while (_random.Next(8) != 0)
        {
            CmCommandShape shape = CmCommandShape.All[_random.Next(CmCommandShape.All.Length)];
            bool isDear = shape.Definition.Number switch
            {
                RDMA_USER_CM_CMD_CREATE_ID => _ids.CountOf(Any) >= 2 * Few,
                RDMA_USER_CM_CMD_DESTROY_ID => _ids.CountOf(Any) < Few,
                RDMA_USER_CM_CMD_DISCONNECT => true,
                _ => false,
            };
            if (!isDear || _random.Next(8) == 0)
            {
                return shape;
            }
        }

        return GetEvent;
    }

    private byte[] Make(CmCommandShape shape)
    {
        byte[] command = new byte[Header + shape.Length];
        Span<byte> body = command.AsSpan(Header);
        (ushort Space, byte Type) transport = Transports[_random.Next(Transports.Length)];
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        foreach (CommandField field in shape.Request)
        {
            Span<byte> bytes = body.Slice(field.Offset, field.Length);
            if (field.Length >= Unsafe.SizeOf<sockaddr_in6>() && field.Name is "addr" or "src_addr" or "dst_addr")
            {
                if (AddressFor(shape, field) is { Family: not 0 } address)
                {
                    address.Write(bytes);
                }

                continue;
            }

            MemoryMarshal.Write(word, ValueOf(shape.Definition.Number, field, transport));
            word[..Math.Min(field.Length, sizeof(ulong))].CopyTo(bytes);
        }

        MemoryMarshal.Write(command, new rdma_ucm_cmd_hdr { cmd = shape.Definition.Number, @in = (ushort)shape.Length, @out = 1024 });
        return shape.Definition.Number == RDMA_USER_CM_CMD_SET_OPTION ? WithOption(command) : command;
    }

    private CmAddress AddressFor(CmCommandShape shape, CommandField field) =>
        shape.Definition.Number is RDMA_USER_CM_CMD_JOIN_MCAST or RDMA_USER_CM_CMD_JOIN_IP_MCAST ? Groups[_random.Next(Groups.Length)]
        : field.Name == "src_addr" && _random.Next(2) == 0 ? default
        : Addresses[_random.Next(Addresses.Length)];

    private byte[] WithOption(byte[] command)
    {
        (uint level, uint name, int length) = _random.Next(5) switch
        {
            0 => (RDMA_OPTION_ID, RDMA_OPTION_ID_TOS, 1),
            1 => (RDMA_OPTION_ID, RDMA_OPTION_ID_REUSEADDR, 4),
            2 => (RDMA_OPTION_ID, RDMA_OPTION_ID_AFONLY, 4),
            3 => (RDMA_OPTION_ID, RDMA_OPTION_ID_ACK_TIMEOUT, 1),
            _ => (RDMA_OPTION_IB, RDMA_OPTION_IB_PATH, 72),
        };
        rdma_ucm_set_option option = MemoryMarshal.Read<rdma_ucm_set_option>(command.AsSpan(Header));
        (option.level, option.optname, option.optlen) = (level, name, (uint)length);
        MemoryMarshal.Write(command.AsSpan(Header), option);
        byte[] value = new byte[length];
        value[0] = (byte)_random.Next(2);
        return [.. command, .. value];
    }

    private ulong ValueOf(uint command, CommandField field, (ushort Space, byte Type) transport) => field.Name switch
    {
        "id" => IdFor(command),
        "response" or "uid" => (ulong)_random.NextInt64(),
        "ps" => transport.Space,
        "qp_type" => transport.Type,
        "src_size" => _random.Next(2) == 0 ? 0UL : (ulong)Unsafe.SizeOf<sockaddr_in6>(),
        "addr_size" or "dst_size" => (ulong)Unsafe.SizeOf<sockaddr_in6>(),
        "timeout_ms" => 1000,
        "backlog" => (ulong)_random.Next(8),
        "option" => (ulong)_random.Next(3),
        "valid" => (ulong)_random.Next(2),
        "private_data_len" => (ulong)_random.Next(57),
        "reason" => 28,
        "event" => 4,
        "qp_state" => (ulong)_random.Next(1, 4),
        "join_flags" => (ulong)_random.Next(2),
        "qp_num" or "responder_resources" or "initiator_depth" or "retry_count" or "rnr_retry_count" => (ulong)_random.Next(8),
        _ => 0,
    };

    // Mostly one that has come as far as the command asks for.
    private uint IdFor(uint command)
    {
        string stage = command switch
        {
            RDMA_USER_CM_CMD_RESOLVE_ROUTE => Resolved,
            RDMA_USER_CM_CMD_CONNECT => Routed,
            RDMA_USER_CM_CMD_ACCEPT or RDMA_USER_CM_CMD_REJECT => Asked,
            RDMA_USER_CM_CMD_DISCONNECT or RDMA_USER_CM_CMD_NOTIFY => Connected,
            _ => Any,
        };
        return _random.Next(32) == 0 && Strangers.Count != 0 ? Strangers[_random.Next(Strangers.Count)]
            : _ids.Any(_random.Next(4) != 0 && _ids.CountOf(stage) != 0 ? stage : Any, _random);
    }

    private void Enter(string stage, uint id)
    {
        Array.ForEach(Stages, s => _ids.Remove(s, id));
        _ids.Remove(Any, id);
        _ids.Add(Any, id);
        if (stage != Any)
        {
            _ids.Add(stage, id);
        }
    }

    private void Execute(byte[] bytes, CmCommandShape made)
    {
        _room.AsSpan().Clear();
        using SafeFileHandle none = new();
        NicResult result = CmCommandTable.Parse(
            bytes, made.Definition.Number == RDMA_USER_CM_CMD_MIGRATE_ID ? [none] : [], _room, out CmCommandDefinition? definition, out CmCommand command);
        if (result.IsOk)
        {
            result = definition!.Handler(_commands!, ref command);
            if (result.IsOk)
            {
                Learn(definition, command.Request, command.Room[..command.Length]);
                CollectionsMarshal.GetValueRefOrAddDefault(Succeeded, definition.Name, out _)++;
            }
        }

        CollectionsMarshal.GetValueRefOrAddDefault(Answers, result.IsOk ? 0 : result.Error.Errno, out _)++;
    }

    private void Learn(CmCommandDefinition definition, ReadOnlySpan<byte> request, ReadOnlySpan<byte> response)
    {
        switch (definition.Number)
        {
            case RDMA_USER_CM_CMD_CREATE_ID:
                Enter(Any, MemoryMarshal.Read<uint>(response));
                break;
            case RDMA_USER_CM_CMD_RESOLVE_IP:
                Enter(Resolved, MemoryMarshal.Read<rdma_ucm_resolve_ip>(request).id);
                break;
            case RDMA_USER_CM_CMD_RESOLVE_ADDR:
                Enter(Resolved, MemoryMarshal.Read<rdma_ucm_resolve_addr>(request).id);
                break;
            case RDMA_USER_CM_CMD_RESOLVE_ROUTE:
                Enter(Routed, MemoryMarshal.Read<rdma_ucm_resolve_route>(request).id);
                break;
            case RDMA_USER_CM_CMD_CONNECT:
                Enter(Connected, MemoryMarshal.Read<uint>(request[(int)Marshal.OffsetOf<rdma_ucm_connect>(nameof(rdma_ucm_connect.id))..]));
                break;
            case RDMA_USER_CM_CMD_ACCEPT:
                Enter(Connected, MemoryMarshal.Read<uint>(request[(int)Marshal.OffsetOf<rdma_ucm_accept>(nameof(rdma_ucm_accept.id))..]));
                break;
            case RDMA_USER_CM_CMD_GET_EVENT:
                rdma_ucm_event_resp happened = default;
                response.CopyTo(MemoryMarshal.AsBytes(new Span<rdma_ucm_event_resp>(ref happened)));
                if ((CmEventType)happened.@event == CmEventType.ConnectRequest)
                {
                    Enter(Asked, happened.id);
                }

                break;
            case RDMA_USER_CM_CMD_DESTROY_ID:
                uint gone = MemoryMarshal.Read<rdma_ucm_destroy_id>(request).id;
                _ids.Remove(Any, gone);
                Array.ForEach(Stages, s => _ids.Remove(s, gone));
                break;
        }
    }
}
