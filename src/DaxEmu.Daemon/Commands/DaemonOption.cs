using System.CommandLine;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Commands;

/// <summary>The options of every command that talks to a daemon: where it is.</summary>
internal sealed class DaemonOption
{
    /// <summary><c>--socket DIR</c>.</summary>
    public Option<string?> Socket { get; } = new("--socket")
    {
        Description = "Runtime directory of the daemon: its sockets are there. Default: $XDG_RUNTIME_DIR/daxemu or, without a session, /tmp/daxemu-UID; /run/daxemu for root, and where the user has no daemon.",
        HelpName = "DIR",
    };

    /// <summary><c>--config FILE</c>.</summary>
    public Option<string?> Config { get; } = new("--config")
    {
        Description = "Configuration file. Default: /etc/daxemu/daxemu.json, else $XDG_CONFIG_HOME/daxemu/daxemu.json, where there is one.",
        HelpName = "FILE",
    };

    /// <summary>Adds both to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(Socket);
        command.Add(Config);
    }

    /// <summary>A client for the daemon they name.</summary>
    /// <exception cref="ConfigurationException">They name no place where one could be.</exception>
    public AdminClient Connect(ParseResult parsed) => new(OptionsReader.ReadSockets(
        ConfigurationSources.Load(parsed.GetValue(Config), new CommandLineSettings { Socket = parsed.GetValue(Socket) })));
}
