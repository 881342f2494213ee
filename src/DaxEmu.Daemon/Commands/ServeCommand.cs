using System.CommandLine;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu serve</c>: the daemon.</summary>
internal static class ServeCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DaemonOption daemon = new();
        Option<string[]> volumes = new("--volume")
        {
            Description = "Guard the directory BACKING, mounted on MOUNT or, without one (BACKING::POLICY), where it is; besides the volumes of the configuration file. May be repeated.",
            HelpName = "BACKING[:MOUNT[:POLICY]]",
        };
        Option<string?> policy = new("--policy")
        {
            Description = "What happens to a truncate under a pin where neither file, directory nor volume says so: deny (the default) or ignore.",
            HelpName = "POLICY",
        };
        Option<string?> device = new("--device") { Description = "Name of the RDMA device, such as rxe0 (the default) or mlx5_0. Several devices, ports and addresses: section Devices of the configuration file.", HelpName = "NAME" };
        Option<string?> passthrough = new("--passthrough")
        {
            Description = "FUSE passthrough of the volumes given here: auto (the default) or off.",
            HelpName = "MODE",
        };
        Option<string?> guard = new("--guard")
        {
            Description = "What guards the volumes given here: auto (the default), fuse, fanotify, preload or none.",
            HelpName = "GUARD",
        };
        Command command = new(
            "serve",
            "Runs the daemon until SIGTERM or SIGINT. Settings come from the configuration file, then from the environment " +
            "(DAXEMU__ENGINE__WORKERS=2), then from these options; the later wins.")
        {
            volumes, policy, device, passthrough, guard,
        };
        daemon.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            CommandLineSettings settings = new()
            {
                Socket = parsed.GetValue(daemon.Socket),
                Policy = parsed.GetValue(policy),
                Device = parsed.GetValue(device),
                Volumes = parsed.GetValue(volumes) ?? [],
                Passthrough = parsed.GetValue(passthrough),
                Guard = parsed.GetValue(guard),
            };
            DaxEmuOptions options = OptionsReader.Read(ConfigurationSources.Load(parsed.GetValue(daemon.Config), settings));
            using RuntimeDirectory runtime = RuntimeDirectory.Claim(options.Sockets);
            await using WebApplication host = DaemonHost.Build(options, runtime);
            await host.RunAsync(cancellation);
            return ExitStatus.Ok;
        });
        return command;
    }
}
