using DaxEmu.Daemon.Audit;
using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Commands;

/// <summary>The answer of <c>daxemu audit</c> as text.</summary>
/// <param name="terminal">Where to.</param>
internal sealed class AuditText(Terminal terminal)
{
    /// <summary>Writes it.</summary>
    public void Show(AuditReport report)
    {
        AuditFacts facts = report.Facts;
        terminal.Line($"[bold]{facts.Path}[/]");
        terminal.Line($"  filesystem  {facts.Filesystem.Type} ({facts.Filesystem.Source}) on {facts.Filesystem.MountPoint}");
        terminal.Line($"  options     {string.Join(',', facts.Filesystem.Options)}");
        terminal.Line($"  flags       {(facts.File.Flags == FileFlags.None ? "none" : string.Join(", ", Flags(facts.File.Flags)))}");
        if (!facts.File.IsDirectory)
        {
            string names = facts.File.Names == 0 ? ", no name left" : "";
            terminal.Line($"  size        {facts.File.Size} bytes, {facts.File.Allocated} allocated{Extents(facts.Extents)}{names}");
        }

        terminal.Line();
        terminal.Line($"[bold]A real long-term pin, asked of Linux {facts.Pins.Kernel}[/]");
        terminal.Table(
            ["mapping", "answer", "meaning"],
            [.. facts.Pins.Answers.Select(a => new[] { KebabCase.Of(a.Mapping), Answer(a), a.Meaning })]);
        terminal.Line();
        terminal.Line($"[bold]What breaks a pin or keeps it from being granted[/]");
        terminal.Table(
            ["source", "here", "seen"],
            [.. report.Findings.Select(f => new[] { f.Source, KebabCase.Of(f.Here), f.Seen })]);
        Finding[] able = [.. report.Findings.Where(f => f.Effect.Length > 0)];
        foreach (Finding finding in able)
        {
            terminal.Line();
            terminal.Line($"[bold]{finding.Source}[/]: {KebabCase.Of(finding.Here)}");
            terminal.Line($"  {finding.Effect}");
            terminal.Line($"  To switch it off: {finding.SwitchOff}");
        }

        terminal.Line();
        foreach (string sentence in report.Summary)
        {
            terminal.Line($"{sentence}");
        }
    }

    private static IEnumerable<string> Flags(FileFlags flags) => Enum.GetValues<FileFlags>().Where(f => f != FileFlags.None && flags.HasFlag(f)).Select(f => KebabCase.Of(f));

    private static string Extents(ExtentFacts? extents) =>
        extents is { Mapped: true } ? $", {extents.Count}{(extents.Complete ? "" : " or more")} extent{(extents.Count == 1 ? "" : "s")}" : "";

    private static string Answer(PinAnswer answer) => answer.Outcome switch
    {
        PinOutcome.Granted => "granted",
        PinOutcome.Refused => $"refused, {answer.Error}",
        _ => answer.Error.Length > 0 ? $"nothing, {answer.Error}" : "not asked",
    };
}
