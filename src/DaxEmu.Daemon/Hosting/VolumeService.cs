using DaxEmu.Contract;
using DaxEmu.Daemon.Composition;
using DaxEmu.Guards;
using Microsoft.Extensions.Hosting;

namespace DaxEmu.Daemon.Hosting;

/// <summary>Sets the volumes' guards to work at the start and ends them at the end.</summary>
internal sealed class VolumeService(GuardedVolumes volumes, IFileContract contract, IGuardEvents events, PreloadGuards preload) : IHostedService
{
    /// <inheritdoc/>
    /// <remarks>When one cannot be guarded, those that are go with the container that owns them.</remarks>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (GuardedVolume volume in volumes.All)
        {
            volume.Start(contract, events, preload);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (GuardedVolume volume in volumes.All)
        {
            volume.Stop();
        }

        return Task.CompletedTask;
    }
}
