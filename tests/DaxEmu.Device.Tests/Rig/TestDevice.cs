using System.Runtime.InteropServices;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using DaxEmu.Nic;

namespace DaxEmu.Device.Tests;

/// <summary>A whole device, as the daemon composes it: contract, NIC, one running worker, server.</summary>
internal sealed unsafe class TestDevice : IDisposable
{
    private readonly void* _block;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread? _thread;

    public TestDevice(DeviceServerOptions? options = null, bool runWorker = true, EngineWorkerOptions? workerOptions = null, Policy policy = Policy.Deny)
    {
        NicOptions nic = new() { MaxQueuePairs = 1024, MaxCompletionQueues = 2048, MaxMemoryRegions = 4096, MaxEngines = 4 };
        nuint length = NicBlock.RequiredSize(nic);
        _block = NativeMemory.AlignedAlloc(length, 64);
        NativeMemory.Clear(_block, length);
        NicBlock block = NicBlock.Initialise(nic, _block, length);
        Mappings = new MappingTable(16384);
        PinHolderRelay holders = new();
        FilePolicy = new FixedPolicy(policy);
        Contract = new FileContract(FilePolicy, Journal, TimeProvider.System, holders, admission: FilePolicy);
        NicEventRouter events = new();
        Syncer = new RegionSyncer(events, Mappings, nic.MaxQueuePairs, Contract);
        Nic = new NicDevice(
            nic, block, Mappings, Contract, new GuardedMemory(GuardedCopy.Copy, GuardedCopy.CompareSwap, GuardedCopy.FetchAdd), events,
            new UnmappedMemory(nic.MaxQueuePairs, Mappings.Capacity), Syncer);
        Worker = new EngineWorker(Nic, workerOptions ?? new EngineWorkerOptions());
        Options = options ?? new DeviceServerOptions { SocketPath = "@daxemu-test-" + Guid.NewGuid() };
        Server = new DeviceServer(Options, Nic, Mappings, events, new FileMemoryResolver(), [Worker], Log, TimeProvider.System, Syncer);
        holders.Attach(Server);
        Server.Start();
        if (runWorker)
        {
            _thread = new Thread(() => Worker.Run(_stop.Token));
            _thread.Start();
        }
    }

    public DeviceServerOptions Options { get; }

    public DeviceServer Server { get; }

    public NicDevice Nic { get; }

    public RegionSyncer Syncer { get; }

    public MappingTable Mappings { get; }

    public EngineWorker Worker { get; }

    public FileContract Contract { get; }

    public FixedPolicy FilePolicy { get; }

    public BoundedJournal Journal { get; } = new(65536);

    public RecordingLog Log { get; } = new();

    public TestClient Open()
    {
        TestClient client = new(Options.SocketPath);
        client.Hello();
        client.GetContext();
        return client;
    }

    public void Dispose()
    {
        Server.Dispose();
        _stop.Cancel();
        _thread?.Join();
        Worker.Dispose();
        Syncer.Dispose();
        Mappings.Dispose();
        _stop.Dispose();
        NativeMemory.AlignedFree(_block);
    }
}
