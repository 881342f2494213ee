using DaxEmu.Contract;
using DaxEmu.Daemon.Composition;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Device;
using DaxEmu.Linux.Processes;
using Microsoft.Extensions.Hosting;

namespace DaxEmu.Daemon.Hosting;

/// <summary>The RDMA device behind its socket.</summary>
internal sealed class DeviceService(
    DaxEmuOptions options,
    RuntimeDirectory runtime,
    NicParts nic,
    EngineService engine,
    IMemoryResolver memory,
    IDeviceLog log,
    PinHolderRelay holders,
    TimeProvider time) : IHostedService, IDisposable
{
    // As distributions set /dev/infiniband/uverbs*: whoever may open it is limited by what files and memory are its own.
    private const UnixFileMode Everyone =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private DeviceServer? _server;

    /// <summary>What it has now.</summary>
    public DeviceSnapshot Snapshot =>
        _server?.Snapshot ?? new DeviceSnapshot([], runtime.DeviceSocket, [], default, []);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        DeviceServerOptions settings = new()
        {
            SocketPath = runtime.DeviceSocket,
            SocketMode = Everyone,
            Devices = options.Device.Devices,
            MaxSessions = options.Device.MaxSessions,
            MaxRegisteredBytesPerUser = (long)options.Device.MaxRegisteredMebibytesPerUser << 20,
            MemoryLock = options.Device.LockedMemory == LockedMemoryRule.Enforce ? MemoryLockLimit.Of : null,
        };
        _server = new DeviceServer(settings, nic.Device, nic.Mappings, nic.Events, memory, engine.Workers, log, time, nic.Syncer);
        holders.Attach(_server);
        _server.Start();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _server?.Stop();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>A container that made it for two registrations disposes it twice.</remarks>
    public void Dispose() => Interlocked.Exchange(ref _server, null)?.Dispose();
}
