using DaxEmu.Daemon.Admin;
using Microsoft.Extensions.Hosting;
namespace DaxEmu.Daemon.Hosting;
internal sealed class VolumeService : IHostedService { public IReadOnlyList<VolumeStatus> Status() => []; public Task StartAsync(CancellationToken c) => Task.CompletedTask; public Task StopAsync(CancellationToken c) => Task.CompletedTask; }
