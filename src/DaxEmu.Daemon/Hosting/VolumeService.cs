using DaxEmu.Daemon.Admin;
using Microsoft.Extensions.Hosting;

namespace DaxEmu.Daemon.Hosting;

internal sealed class VolumeService : IHostedService
{
    private readonly List<VolumeStatus> _l = [];

    public IReadOnlyList<VolumeStatus> Status() => _l;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
