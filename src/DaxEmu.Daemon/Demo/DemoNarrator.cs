using DaxEmu.Daemon.Commands;
using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Demo;

/// <summary>Tells a reader in the terminal what happens, as it happens.</summary>
/// <param name="terminal">Where; null when nobody reads along.</param>
internal sealed class DemoNarrator(Terminal? terminal)
{
    /// <summary>A step begins.</summary>
    public void Begin(DemoStep step)
    {
        terminal?.Line();
        terminal?.Line($"[bold]{step.Number}. {step.Title}[/]");
    }

    /// <summary>Something to know.</summary>
    /// <param name="sentence">Plain text.</param>
    public void Say(string sentence) => terminal?.Line($"   {sentence}");

    /// <summary>A program ran: its command line, and what it said.</summary>
    public void Ran(ProgramRun run)
    {
        terminal?.Line($"   [blue]$ {run.CommandLine}[/]");
        foreach (string line in (run.Output + run.Error).TrimEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            terminal?.Line($"     {line}");
        }

        if (!run.Succeeded)
        {
            terminal?.Line($"     [grey](exit status {run.ExitStatus})[/]");
        }
    }

    /// <summary>A step ended.</summary>
    public void End(DemoStep step)
    {
        if (step.Observed)
        {
            terminal?.Line($"   [green]observed[/]");
        }

        foreach (string unmet in step.Unmet)
        {
            terminal?.Line($"   [red]NOT observed:[/] {unmet}");
        }
    }

    /// <summary>All is over.</summary>
    public void Close(DemoReport report)
    {
        terminal?.Line();
        if (report.Observed)
        {
            terminal?.Line($"[green]All {report.Steps.Count} steps were observed[/] in {report.Seconds:0.0} s. Nothing is left behind.");
        }
        else
        {
            terminal?.Line($"[red]Not every step was observed[/]: see above. Nothing is left behind.");
        }
    }
}
