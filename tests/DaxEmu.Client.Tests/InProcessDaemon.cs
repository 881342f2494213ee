using System.Collections.Concurrent;
using DaxEmu.Contract;
using DaxEmu.Device;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Sockets;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Client.Tests;

/// <summary>The daemon's parts that a client meets, in this process: the real device, NIC and contract behind a real socket.</summary>
internal sealed unsafe class InProcessDaemon : IDisposable, IDeviceLog
{
    private readonly TemporaryDirectory _directory = new();
    private readonly NicOptions _limits = new() { MaxQueuePairs = 256, MaxCompletionQueues = 256, MaxMemoryRegions = 4096 };
    private readonly MemoryMapping _blockMemory;
    private readonly MappingTable _mappings = new(8192);
    private readonly EngineWorker _worker;
    private readonly DeviceServer _server;
    private readonly RegionSyncer _syncer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly ConcurrentQueue<string> _failures = new();
    private bool _isStopped;

    public InProcessDaemon()
    {
        SocketPath = _directory.Path("device.sock");
        long blockLength = (long)NicBlock.RequiredSize(_limits);
        using SafeFileHandle block = MemoryFile.CreateSealed("nic-block", blockLength);
        _blockMemory = MemoryMapping.Map(block, 0, blockLength, MemoryProtection.ReadWrite);
        NicEventRouter router = new();
        FileContract contract = new(new DenyEverywhere(), new BoundedJournal(), TimeProvider.System, new PinHolderRelay());
        _syncer = new RegionSyncer(router, _mappings, _limits.MaxQueuePairs, contract);
        NicDevice nic = new(
            _limits,
            NicBlock.Initialise(_limits, (void*)_blockMemory.Address, (nuint)blockLength),
            _mappings,
            contract,
            new GuardedMemory(GuardedCopy.Copy, GuardedCopy.CompareSwap, GuardedCopy.FetchAdd),
            router,
            persistence: _syncer);
        _worker = new EngineWorker(nic, new EngineWorkerOptions());
        _server = new DeviceServer(
            new DeviceServerOptions { SocketPath = SocketPath }, nic, _mappings, router, new FileMemoryResolver(), [_worker], this,
            TimeProvider.System, _syncer);
        _thread = new Thread(() => _worker.Run(_stop.Token)) { IsBackground = true, Name = "engine" };
        _thread.Start();
        _server.Start();
    }

    public string SocketPath { get; }

    public RdmaDevice Open() => RdmaDevice.Open(SocketPath);

    /// <summary>Makes something and disposes it, and waits until its sessions are over on this side too.</summary>
    public void OpenAndClose(Func<IDisposable> make)
    {
        make().Dispose();
        SpinWait.SpinUntil(() => _server.Snapshot.Sessions.Count == 0);
    }

    /// <summary>Ends it under its clients.</summary>
    public void Stop()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        _server.Dispose();
        _stop.Cancel();
        _thread.Join();
        _worker.Dispose();
        _syncer.Dispose();
        _mappings.Dispose();
        _blockMemory.Dispose();
        _stop.Dispose();
        _directory.Dispose();
    }

    public void Dispose()
    {
        Stop();
        Assert.Empty(_failures);
    }

    void IDeviceLog.SessionOpened(SessionSnapshot session)
    {
    }

    void IDeviceLog.SessionClosed(SessionSnapshot session, string reason)
    {
    }

    void IDeviceLog.SessionRefused(PeerCredentials client, string reason) => _failures.Enqueue(reason);

    void IDeviceLog.EventsLost(ulong session, long lost) => _failures.Enqueue($"{lost} events lost");

    void IDeviceLog.Failed(string what, Exception error) => _failures.Enqueue($"{what}: {error}");

    private sealed class DenyEverywhere : IPolicySource
    {
        public PolicySetting Resolve(FileIdentity file, string path) => new(Policy.Deny, PolicyScope.Configuration, "test");
    }
}
