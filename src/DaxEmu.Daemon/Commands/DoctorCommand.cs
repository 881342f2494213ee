using System.CommandLine;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Doctor;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu doctor</c>: what this machine offers.</summary>
internal static class DoctorCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DaemonOption daemon = new();
        Option<bool> json = JsonOption.Create();
        Argument<string?> path = new("DIR")
        {
            Description = "A directory whose filesystem to probe for DAX and fanotify. Default: the backing directories of the configured volumes.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command command = new("doctor", "Probes what this machine offers, by using it, and says what is lost where something is missing.")
        {
            path, json,
        };
        daemon.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            DaxEmuOptions options = OptionsReader.Read(ConfigurationSources.Load(
                parsed.GetValue(daemon.Config), new CommandLineSettings { Socket = parsed.GetValue(daemon.Socket) }));
            string[] directories = parsed.GetValue(path) is { } named
                ? [Path.GetFullPath(named)]
                : [.. options.Volumes.Select(v => v.Backing).DefaultIfEmpty(Directory.GetCurrentDirectory())];
            DoctorReport report = await Examination.MakeAsync(options.Sockets.Directory, options.Device.Devices, directories, options);
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
        int width = report.Probes.Max(p => p.Name.Length);
        string indent = new(' ', width + 12);
        foreach (ProbeResult probe in report.Probes)
        {
            string finding = $"{probe.Name.PadRight(width)}  {probe.Finding}";
            switch (probe.Status)
            {
                case ProbeStatus.Ok:
                    terminal.Line($"[green]ok[/]        {finding}");
                    break;
                case ProbeStatus.Degraded:
                    terminal.Line($"[yellow]degraded[/]  {finding}");
                    break;
                default:
                    terminal.Line($"[red]missing[/]   {finding}");
                    break;
            }

            if (probe.Status != ProbeStatus.Ok)
            {
                terminal.Line($"{indent}{probe.Cost}");
                terminal.Line($"{indent}To get it: {probe.Remedy}");
            }
        }

        terminal.Line();
        terminal.Line(report.Healthy ? (FormattableString)$"Nothing needed is missing." : $"[red]Something needed is missing.[/]");
    }
}
