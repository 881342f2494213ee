using DaxEmu.Daemon.Admin;
using Microsoft.Extensions.Hosting;
namespace DaxEmu.Daemon.Hosting;
internal sealed class DeviceService : IHostedService { public DeviceStatus Status() => new("rxe0","",0); public Task StartAsync(CancellationToken c) => Task.CompletedTask; public Task StopAsync(CancellationToken c) => Task.CompletedTask; }
