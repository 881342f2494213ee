using DaxEmu.Contract;
using DaxEmu.Daemon.Composition;
using DaxEmu.Guards;
using Microsoft.Extensions.Hosting;

namespace DaxEmu.Daemon.Hosting;

/// <summary>Mounts the guarded volumes at the start and unmounts them at the end.</summary>
internal sealed class VolumeService(GuardedVolumes volumes, IFileContract contract, IGuardEvents events) : IHostedService
{
    /// <inheritdoc/>
    /// <remarks>When one cannot be mounted, those that were go with the container that owns them.</remarks>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (GuardedVolume volume in volumes.All)
        {
            volume.Mount(contract, events);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (GuardedVolume volume in volumes.All)
        {
            volume.Unmount();
        }

        return Task.CompletedTask;
    }
}
