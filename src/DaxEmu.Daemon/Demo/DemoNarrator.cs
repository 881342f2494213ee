using DaxEmu.Daemon.Commands;
using DaxEmu.Daemon.Programs;
using Spectre.Console;

namespace DaxEmu.Daemon.Demo;

/// <summary>Tells a reader in the terminal what happens, as it happens.</summary>
/// <param name="terminal">Where; null when nobody reads along.</param>
internal sealed class DemoNarrator(Terminal? terminal)
{
    /// <summary>A step begins.</summary>
    public void Begin(DemoStep step)
    {
        terminal?.Line();
        terminal?.Line($"[bold]{step.Number}. {Markup.Escape(step.Title)}[/]");
    }

    /// <summary>Something to know.</summary>
    /// <param name="sentence">Plain text.</param>
    public void Say(string sentence) => terminal?.Line($"   {Markup.Escape(sentence)}");

    /// <summary>A program ran: its command line, and what it said.</summary>
    public void Ran(ProgramRun run)
    {
        terminal?.Line($"   [blue]$ {Markup.Escape(run.CommandLine)}[/]");
        foreach (string line in (run.Output + run.Error).TrimEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            terminal?.Line($"     {Markup.Escape(line)}");
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
            terminal?.Line("   [green]observed[/]");
        }

        foreach (string unmet in step.Unmet)
        {
            terminal?.Line($"   [red]NOT observed:[/] {Markup.Escape(unmet)}");
        }
    }

    /// <summary>All is over.</summary>
    public void Close(DemoReport report)
    {
        terminal?.Line();
        terminal?.Line(report.Observed
            ? $"[green]All {report.Steps.Count} steps were observed[/] in {report.Seconds:0.0} s. Nothing is left behind."
            : "[red]Not every step was observed[/]: see above. Nothing is left behind.");
    }
}
