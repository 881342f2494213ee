using System.CommandLine;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using Spectre.Console;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu status</c>: what the daemon serves.</summary>
internal static class StatusCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var daemon = new DaemonOption();
        Option<bool> json = JsonOption.Create();
        var command = new Command("status", "Shows the running daemon: devices, guarded volumes, pins.") { json };
        daemon.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using AdminClient client = daemon.Connect(parsed);
            DaemonStatus status = await client.StatusAsync(cancellation);
            if (parsed.GetValue(json))
            {
                JsonOption.Write(parsed, status, AdminJson.Default.DaemonStatus);
            }
            else
            {
                Show(status, new Terminal(parsed));
            }

            return ExitStatus.Ok;
        });
        return command;
    }

    private static void Show(DaemonStatus status, Terminal terminal)
    {
        terminal.Line($"[bold]daxemu {Markup.Escape(status.Version)}[/], process {status.ProcessId}, since {Moment.Local(status.Since)}");
        terminal.Line($"Runtime directory {Markup.Escape(status.RuntimeDirectory)}");
        terminal.Line($"Policy where nothing nearer sets one: {PolicyName.Of(status.Policy)}");
        terminal.Line($"{status.PinCount} pins held, {status.EventCount} decisions in the journal");
        terminal.Line();
        terminal.Table(["Device", "Open files", "Socket"], [.. status.Devices.Select(d => new[] { d.Name, $"{d.OpenFiles}", d.Socket })]);
        if (status.Volumes.Count > 0)
        {
            terminal.Line();
            terminal.Table(
                ["Mount", "Backing", "Passthrough"],
                [.. status.Volumes.Select(v => new[] { v.Mount, v.Backing, v.Passthrough ? "yes" : "no" })]);
        }
    }
}
