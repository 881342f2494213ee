using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using DaxEmu.Daemon.Journal;
using DaxEmu.Device;
using DaxEmu.Guards;
using DaxEmu.Guards.Watch;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaxEmu.Daemon.Composition;

/// <summary>
/// What the daemon is made of. Policies and the journal make the contract; the contract serves the guards of the volumes and the NIC;
/// the engine drains the NIC, and the device drives it for clients.
/// </summary>
internal static class DaemonParts
{
    /// <summary>Adds the parts; hosted services start in this order and stop in the reverse.</summary>
    public static void AddDaemonParts(this IServiceCollection services)
    {
        services.AddSingleton<GuardedVolumes>();
        services.AddSingleton<FileLocator>();
        services.AddSingleton<PolicySource>();
        services.AddSingleton<IPolicySource>(s => s.GetRequiredService<PolicySource>());
        services.AddSingleton(s => new SqliteJournal(
            s.GetRequiredService<DaxEmuOptions>().Journal.Path ?? s.GetRequiredService<RuntimeDirectory>().Journal,
            s.GetRequiredService<DaxEmuOptions>().Journal.Capacity,
            s.GetRequiredService<ILogger<SqliteJournal>>()));
        services.AddSingleton<IContractJournal>(s => s.GetRequiredService<SqliteJournal>());
        services.AddSingleton<PinHolderRelay>();
        services.AddSingleton(s => new FileContract(
            s.GetRequiredService<IPolicySource>(),
            s.GetRequiredService<IContractJournal>(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<PinHolderRelay>(),
            s.GetRequiredService<DaxEmuOptions>().Contract.Limits,
            s.GetRequiredService<PolicySource>()));
        services.AddSingleton<GuardedContract>();
        services.AddSingleton(s => new ChangeWatch(s.GetRequiredService<FileContract>(), s.GetRequiredService<IGuardEvents>()));
        services.AddSingleton<IFileContract>(s => new WatchedContract(
            s.GetRequiredService<GuardedContract>(), s.GetRequiredService<GuardedVolumes>(), s.GetRequiredService<ChangeWatch>()));
        services.AddSingleton<IGuardEvents, GuardLog>();
        services.AddSingleton<PreloadGuards>();
        services.AddSingleton<NicParts>();
        services.AddSingleton<IDeviceLog, DeviceLog>();
        services.AddSingleton<FileMemoryResolver>();
        services.AddSingleton<IMemoryResolver, GuardMemoryResolver>();
        services.AddSingleton<AdminView>();
        services.AddHosted<VolumeService>();
        services.AddHosted<EngineService>();
        services.AddHosted<DeviceService>();
    }

    private static void AddHosted<T>(this IServiceCollection services)
        where T : class, Microsoft.Extensions.Hosting.IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(s => s.GetRequiredService<T>());
    }
}
