using System.CommandLine;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Doctor;
using Spectre.Console;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu doctor</c>: what this machine offers.</summary>
internal static class DoctorCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var daemon = new DaemonOption();
        Option<bool> json = JsonOption.Create();
        var path = new Argument<string?>("DIR")
        {
            Description = "A directory whose filesystem to probe for DAX and fanotify. Default: the backing directories of the configured volumes.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("doctor", "Probes what this machine offers, by using it, and says what is lost where something is missing.")
        {
            path, json,
        };
        daemon.AddTo(command);
        command.SetAction(parsed =>
        {
            DaxEmuOptions options = OptionsReader.Read(ConfigurationSources.Load(
                parsed.GetValue(daemon.Config), new CommandLineSettings { Socket = parsed.GetValue(daemon.Socket) }));
            string[] directories = parsed.GetValue(path) is { } named
                ? [Path.GetFullPath(named)]
                : [.. options.Volumes.Select(v => v.Backing).DefaultIfEmpty(Directory.GetCurrentDirectory())];
            DoctorReport report = Examination.Make(options.Sockets.Directory, directories);
            if (parsed.GetValue(json))
            {
                JsonOption.Write(parsed, report, DoctorJson.Default.DoctorReport);
            }
            else
            {
                Show(report, new Terminal(parsed));
            }

            return report.Healthy ? ExitStatus.Ok : ExitStatus.Negative;
        });
        return command;
    }

    private static void Show(DoctorReport report, Terminal terminal)
    {
        foreach (ProbeResult probe in report.Probes)
        {
            string status = probe.Status switch
            {
                ProbeStatus.Ok => "[green]ok      [/]",
                ProbeStatus.Degraded => "[yellow]degraded[/]",
                _ => "[red]missing [/]",
            };
            terminal.Line($"{status}  {Markup.Escape($"{probe.Name,-22}  {probe.Finding}")}");
            if (probe.Status != ProbeStatus.Ok)
            {
                terminal.Line($"                                    {Markup.Escape(probe.Cost)}");
                terminal.Line($"                                    To get it: {Markup.Escape(probe.Remedy)}");
            }
        }

        terminal.Line();
        terminal.Line(report.Healthy ? "Nothing needed is missing." : "[red]Something needed is missing.[/]");
    }
}
