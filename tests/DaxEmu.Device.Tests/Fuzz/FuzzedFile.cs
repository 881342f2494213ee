using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Device.Tests;

/// <summary>
/// An open device file without its socket, fed with bent commands as <see cref="DeviceSession"/> would: as fast as they are carried out.
/// </summary>
internal sealed class FuzzedFile : IDisposable
{
    // After so many commands it is closed and opened anew: what remains of them must be freed then.
    private const int CommandsPerLife = 2000;
    private const int Room = 4096;
    private const int Few = 3;
    private const int Plenty = 6;

    private static readonly CommandShape GetContext = CommandShape.All.Single(s => s.Definition.Number == IB_USER_VERBS_CMD_GET_CONTEXT);

    private readonly Random _random;
    private readonly TestDevice _device;
    private readonly ulong _firstId;
    private readonly SafeFileHandle _memory;
    private readonly SafeFileHandle[] _odd;
    private readonly CommandGenerator _generator;
    private readonly CommandMutator _mutator;
    private readonly byte[] _room = new byte[Room];
    private ulong _lives;
    private int _left;
    private SessionDoorbell? _doorbell;
    private VerbsContext? _context;

    public FuzzedFile(
        int seed, ulong firstId, TestDevice device, SafeFileHandle memory, SafeFileHandle[] odd, UserQuota quota)
    {
        _random = new Random(seed);
        _generator = new CommandGenerator(_random);
        _mutator = new CommandMutator(_random);
        (_device, _firstId, _memory, _odd, Quota) = (device, firstId, memory, odd, quota);
    }

    public UserQuota Quota { get; }

    /// <summary>Bent commands that were carried out or refused.</summary>
    public long Bent { get; private set; }

    /// <summary>Commands of each number that succeeded, bent or not.</summary>
    public Dictionary<uint, long> Succeeded { get; } = [];

    /// <summary>Answers by errno; 0 is success.</summary>
    public Dictionary<int, long> Answers { get; } = [];

    /// <summary>Queue pairs of others, to be named as peers.</summary>
    public IReadOnlyList<uint> Strangers { get; init; } = [];

    /// <summary>Makes a command, bends three of four, and has it carried out.</summary>
    public void Next()
    {
        if (_left-- == 0 || _context is null)
        {
            Reopen();
        }

        CommandShape shape = Choose();
        byte[] command = _generator.Make(shape);
        bool isBent = _random.Next(4) != 0;
        if (isBent)
        {
            command = _mutator.Bend(command, shape.IsExtended);
            Bent++;
        }

        try
        {
            Execute(command, Segments(), _random.Next(8) == 0 ? AnyDescriptors() : [_memory]);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"command {Convert.ToHexString(command)} made the device throw", error);
        }
    }

    public void Dispose()
    {
        if (_doorbell is not null)
        {
            _device.Worker.Remove(_doorbell);
            _context?.Close();
            _doorbell.Dispose();
            _doorbell = null;
            _context = null;
        }
    }

    // Few objects at a time, so that handles are met again, and the time goes into what is done with them.
    private CommandShape Choose()
    {
        while (true)
        {
            CommandShape shape = CommandShape.All[_random.Next(CommandShape.All.Length)];
            bool isDear = shape.Made is { } made
                ? _generator.Objects.CountOf(made) >= Plenty
                : shape.IsDestruction && shape.Named is { } named && _generator.Objects.CountOf(named) < Few;
            if (!isDear || _random.Next(8) == 0)
            {
                return shape;
            }
        }
    }

    private void Reopen()
    {
        Dispose();
        _left = CommandsPerLife;
        _generator.Objects.Clear();
        _generator.QueuePairNumbers.Clear();
        _generator.QueuePairNumbers.AddRange(Strangers);
        ulong id = _firstId + _lives++;
        _doorbell = new SessionDoorbell(id);
        _device.Worker.Add(_doorbell);
        SessionIdentity identity = new(id, new Linux.Sockets.PeerCredentials(Environment.ProcessId, 0, 0), "fuzz", DateTimeOffset.UnixEpoch);
        _context = new VerbsContext(_device.Server.Services, _device.Server.Devices.All[0], identity, Quota, _doorbell, () => false);
        Execute(_generator.Make(GetContext), [], []);
    }

    private daxemu_segment[] Segments()
    {
        daxemu_segment whole = new() { address = CommandGenerator.Address, length = CommandGenerator.Length, protection = 3 };
        switch (_random.Next(24))
        {
            case 0:
                return [];
            case 1:
                return [whole, whole];
            case 2:
                whole.address = (ulong)_random.NextInt64() << _random.Next(2);
                return [whole];
            case 3:
                whole.length = (ulong)_random.NextInt64() << _random.Next(2);
                return [whole];
            case 4:
                whole.offset = (ulong)_random.NextInt64() << _random.Next(2);
                return [whole];
            case 5:
                whole.protection = (uint)_random.Next();
                whole.flags = (uint)_random.Next();
                return [whole];
            default:
                return [whole];
        }
    }

    private SafeFileHandle[] AnyDescriptors() =>
        _random.Next(4) == 0
            ? [.. Enumerable.Range(0, _random.Next(4)).Select(_ => _odd[_random.Next(_odd.Length)])]
            : [_odd[_random.Next(_odd.Length)]];

    private void Execute(byte[] bytes, daxemu_segment[] segments, SafeFileHandle[] descriptors)
    {
        _room.AsSpan().Clear();
        NicResult result;
        CommandDefinition? definition = null;
        try
        {
            result = CommandParser.Parse(bytes, segments, descriptors, _room, out definition, out Command command, out _);
            if (result.IsOk)
            {
                result = _context!.Execute(definition!, ref command);
                if (result.IsOk)
                {
                    CommandShape shape = CommandShape.All.First(s => s.Definition == definition);
                    _generator.Learn(shape, bytes, command.Response);
                    System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Succeeded, definition!.Number, out _)++;
                    MapRing(shape, command.ProviderResponse);
                }
            }
        }
        catch (LinuxException failure)
        {
            // As the session answers it.
            result = new NicError(failure.Errno, failure.Message);
        }

        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Answers, result.IsOk ? 0 : result.Error.Errno, out _)++;
    }

    // mmap(2) of a ring that was made, with a length that is right or not.
    private void MapRing(CommandShape shape, ReadOnlySpan<byte> provider)
    {
        if (_random.Next(4) == 0 && provider.Length >= 12 && shape.Definition.Name.Contains("create_", StringComparison.Ordinal))
        {
            ulong token = System.Runtime.InteropServices.MemoryMarshal.Read<ulong>(provider);
            NicResult<SafeFileHandle> file = _context!.TakeRing(token, _random.Next(2) == 0 ? 4096UL : (ulong)_random.NextInt64());
            if (file.IsOk)
            {
                file.Value.Dispose();
            }
        }
    }
}
