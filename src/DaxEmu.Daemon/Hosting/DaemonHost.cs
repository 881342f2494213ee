using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Composition;
using DaxEmu.Daemon.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaxEmu.Daemon.Hosting;

/// <summary>Puts the daemon together: its parts as services, started in the order given here and stopped in the reverse.</summary>
internal static partial class DaemonHost
{
    /// <summary>Builds the host; nothing runs yet.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="runtime">The claimed runtime directory.</param>
    public static WebApplication Build(DaxEmuOptions options, RuntimeDirectory runtime)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = runtime.Path });
        builder.Logging
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz ";
            })
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
            .AddFilter("Microsoft", LogLevel.Warning)
            // What keeps the host from starting is reported by whoever started it.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        // Under systemd: the journal's log format, READY=1 once all services have started, SIGTERM as the order to stop.
        builder.Services.AddSystemd();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(15));

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(runtime);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddDaemonParts();

        // The web server starts after the services above: an answer from the admin API means that everything is up.
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(runtime.AdminSocket));
        WebApplication host = builder.Build();
        host.UseRouting();
        host.MapAdminApi();
        ILogger log = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("DaxEmu.Daemon");
        host.Lifetime.ApplicationStarted.Register(() =>
        {
            // Kestrel binds with the process's umask; who may ask is for the API to say.
            File.SetUnixFileMode(runtime.AdminSocket, AdminApi.SocketMode);
            LogServing(log, options.Device.Names, runtime.Path, options.Volumes.Count);
        });
        host.Lifetime.ApplicationStopping.Register(() => LogStopping(log));
        return host;
    }

    [LoggerMessage(1, LogLevel.Information, "Serving {Device} on {RuntimeDirectory}, {Volumes} volumes guarded")]
    private static partial void LogServing(ILogger log, string device, string runtimeDirectory, int volumes);

    [LoggerMessage(2, LogLevel.Information, "Stopping")]
    private static partial void LogStopping(ILogger log);
}
