using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using Microsoft.Extensions.DependencyInjection;
namespace DaxEmu.Daemon.Composition;
internal sealed class P : IPolicySource { public PolicySetting Resolve(FileIdentity file, string path) => new(Policy.Deny, PolicyScope.Configuration, "x"); }
internal static class DaemonComposition
{
    public static void AddDaemonParts(this IServiceCollection services)
    {
        services.AddSingleton<IPolicySource, P>();
        services.AddSingleton<IContractJournal>(s => new BoundedJournal(s.GetRequiredService<DaxEmuOptions>().Journal.Capacity));
        services.AddSingleton<IFileContract>(s => new FileContract(s.GetRequiredService<IPolicySource>(), s.GetRequiredService<IContractJournal>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FileLocator>();
        services.AddSingleton<AdminView>();
        services.AddSingleton<VolumeService>();
        services.AddSingleton<DeviceService>();
        services.AddHostedService(s => s.GetRequiredService<VolumeService>());
        services.AddHostedService(s => s.GetRequiredService<DeviceService>());
    }
}
