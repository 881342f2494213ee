using System.Globalization;
using DaxEmu.Daemon.Composition;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Device;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaxEmu.Daemon.Hosting;

/// <summary>The threads that carry out work requests.</summary>
internal sealed partial class EngineService : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Thread> _threads = [];
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<EngineService> _log;

    /// <summary>Makes the workers; their threads are started later.</summary>
    public EngineService(DaxEmuOptions options, NicParts nic, IHostApplicationLifetime lifetime, ILogger<EngineService> log)
    {
        _lifetime = lifetime;
        _log = log;
        EngineWorkerOptions settings = new() { Spin = TimeSpan.FromMicroseconds(options.Engine.SpinMicroseconds) };
        Workers = [.. Enumerable.Range(0, options.Engine.Workers).Select(_ => new EngineWorker(nic.Device, settings))];
    }

    /// <summary>The workers, among which the device spreads its sessions.</summary>
    public IReadOnlyList<EngineWorker> Workers { get; }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (EngineWorker worker in Workers)
        {
            Thread thread = new(() => Work(worker))
            {
                IsBackground = true,
                Name = "DaxEmu engine " + _threads.Count.ToString(CultureInfo.InvariantCulture),
            };
            _threads.Add(thread);
            thread.Start();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stop.Cancel();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (EngineWorker worker in Workers)
        {
            worker.Dispose();
        }

        _stop.Dispose();
    }

    private void Work(EngineWorker worker)
    {
        try
        {
            worker.Run(_stop.Token);
        }
#pragma warning disable CA1031 // Whatever ends a worker: its clients would wait for ever, so the daemon ends and they get errors.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogWorkerFailed(e);
            Environment.ExitCode = Commands.ExitStatus.Negative;
            _lifetime.StopApplication();
        }
    }

    [LoggerMessage(20, LogLevel.Critical, "An engine worker failed: the daemon stops")]
    private partial void LogWorkerFailed(Exception e);
}
