using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device.Tests;

/// <summary>
/// An open device file without its socket, fed with requests of which three of four are bent, as <see cref="DeviceSession"/> would: as fast
/// as they are carried out.
/// </summary>
internal abstract class FuzzedSession : IDisposable
{
    // After so many requests it is closed and opened anew: what remains of them must be freed then.
    private const int RequestsPerLife = 2000;
    private const int Few = 3;
    private const int Plenty = 6;

    private readonly FuzzRun _run;
    private readonly ulong _firstId;
    private ulong _lives;
    private int _left;
    private SessionDoorbell? _doorbell;
    private VerbsContext? _context;

    /// <summary>Makes one that is not opened yet.</summary>
    /// <param name="number">0 for the first.</param>
    /// <param name="run">What they share.</param>
    protected FuzzedSession(int number, FuzzRun run)
    {
        _run = run;
        _firstId = (ulong)(number + 1) << 32;
        Random = new Random(run.Seed + (number << 16));
        Generator = new CommandGenerator(Random) { Strangers = run.Strangers };
        Mutator = new CommandMutator(Random);
        Quota = new UserQuota((uint)number, run.Options, run.Budget);
    }

    public UserQuota Quota { get; }

    /// <summary>Bent requests that were carried out or refused.</summary>
    public long Bent { get; private set; }

    /// <summary>Requests by name that succeeded, bent or not.</summary>
    public Dictionary<string, long> Succeeded { get; } = [];

    /// <summary>Answers by errno; 0 is success.</summary>
    public Dictionary<int, long> Answers { get; } = [];

    protected Random Random { get; }

    protected CommandGenerator Generator { get; }

    protected CommandMutator Mutator { get; }

    protected VerbsContext Context => _context!;

    /// <summary>Makes a request, bends three of four, and has it carried out.</summary>
    public void Next()
    {
        if (_left-- == 0 || _context is null)
        {
            Reopen();
        }

        bool isBent = Random.Next(4) != 0;
        Bent += isBent ? 1 : 0;
        byte[] request = Make(isBent);
        try
        {
            Answer(request, Segments(), Random.Next(8) == 0 ? AnyDescriptors() : [_run.Memory]);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"request {Convert.ToHexString(request)} made the device throw", error);
        }
    }

    public void Dispose()
    {
        if (_doorbell is not null)
        {
            _run.Device.Worker.Remove(_doorbell);
            _context?.Close();
            _doorbell.Dispose();
            _doorbell = null;
            _context = null;
        }
    }

    /// <summary>Makes a request.</summary>
    protected abstract byte[] Make(bool isBent);

    /// <summary>The request that comes first.</summary>
    protected abstract byte[] MakeFirst();

    /// <summary>Carries out a request.</summary>
    protected abstract NicResult Execute(byte[] bytes, daxemu_segment[] segments, SafeFileHandle[] descriptors);

    /// <summary>Counts what succeeded.</summary>
    protected void Count(string name) => CollectionsMarshal.GetValueRefOrAddDefault(Succeeded, name, out _)++;

    // Few objects at a time, so that handles are met again, and the time goes into what is done with them.
    protected CommandShape Choose()
    {
        while (true)
        {
            CommandShape shape = CommandShape.All[Random.Next(CommandShape.All.Length)];
            bool isDear = shape.Made is { } made ? HasPlenty(made) : shape.IsDestruction && shape.Named is { } named && HasFew(named);
            if (!isDear || Random.Next(8) == 0)
            {
                return shape;
            }
        }
    }

    /// <summary>True when no more objects of a kind should be made.</summary>
    protected bool HasPlenty(string kind) => Generator.Objects.CountOf(kind) >= Plenty;

    /// <summary>True when no object of a kind should be destroyed.</summary>
    protected bool HasFew(string kind) => Generator.Objects.CountOf(kind) < Few;

    private void Reopen()
    {
        Dispose();
        _left = RequestsPerLife;
        Generator.Objects.Clear();
        Generator.QueuePairNumbers.Clear();
        ulong id = _firstId + _lives++;
        _doorbell = new SessionDoorbell(id);
        _run.Device.Worker.Add(_doorbell);
        SessionIdentity identity = new(id, new Linux.Sockets.PeerCredentials(Environment.ProcessId, 0, 0), "fuzz", DateTimeOffset.UnixEpoch);
        _context = new VerbsContext(
            _run.Device.Server.Services, _run.Device.Server.Devices.All[0], identity, Quota, _doorbell, () => false);
        Answer(MakeFirst(), [], []);
    }

    private void Answer(byte[] request, daxemu_segment[] segments, SafeFileHandle[] descriptors)
    {
        NicResult result;
        try
        {
            result = Execute(request, segments, descriptors);
        }
        catch (LinuxException failure)
        {
            // As the session answers it.
            result = new NicError(failure.Errno, failure.Message);
        }

        CollectionsMarshal.GetValueRefOrAddDefault(Answers, result.IsOk ? 0 : result.Error.Errno, out _)++;
    }

    private daxemu_segment[] Segments()
    {
        daxemu_segment whole = new() { address = CommandGenerator.Address, length = CommandGenerator.Length, protection = 3 };
        switch (Random.Next(24))
        {
            case 0:
                return [];
            case 1:
                return [whole, whole];
            case 2:
                whole.address = (ulong)Random.NextInt64() << Random.Next(2);
                return [whole];
            case 3:
                whole.length = (ulong)Random.NextInt64() << Random.Next(2);
                return [whole];
            case 4:
                whole.offset = (ulong)Random.NextInt64() << Random.Next(2);
                return [whole];
            case 5:
                whole.protection = (uint)Random.Next();
                whole.flags = (uint)Random.Next();
                return [whole];
            default:
                return [whole];
        }
    }

    private SafeFileHandle[] AnyDescriptors() =>
        Random.Next(4) == 0
            ? [.. Enumerable.Range(0, Random.Next(4)).Select(_ => _run.Odd[Random.Next(_run.Odd.Length)])]
            : [_run.Odd[Random.Next(_run.Odd.Length)]];
}
