using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using static Spectre.Console.Markup;

namespace DaxEmu.Daemon.Commands;

/// <summary>The answer of <c>daxemu why</c> as text.</summary>
/// <param name="terminal">Where to.</param>
internal sealed class WhyText(Terminal terminal)
{
    /// <summary>Writes it.</summary>
    public void Show(WhyReply reply)
    {
        if (reply.Answer is not { } answer || !reply.Known)
        {
            ShowUnknown(reply);
            return;
        }

        terminal.Line($"[bold]{Escape(reply.Path)}[/]");
        if (answer.Operation is { } operation)
        {
            ShowOperation(operation);
        }
        else
        {
            terminal.Line("  No operation on it has met a pin, as far back as the journal goes.");
        }

        foreach (WhyPin pin in answer.Pins)
        {
            ShowPin(pin);
        }

        terminal.Line($"  policy      [bold]{PolicyName.Of(answer.Policy.Policy)}[/], set at {Escape(answer.Policy.SetAt)}");
        if (answer.RefusedPin is { } refused)
        {
            terminal.Line(
                $"  not pinned  {refused.Range} for {Escape(NameOf(refused.Owner))} at {Moment.Local(refused.At)}: " +
                $"{refused.ErrnoName} ({refused.Errno}). {Escape(refused.Reason)}");
        }

        foreach (WhyBreach breach in answer.Breaches)
        {
            terminal.Line($"  [red]breach[/]      {breach.Range} under {Escape(breach.Region)} at {Moment.Local(breach.At)}: {Escape(breach.Evidence)}");
        }

        foreach (string advice in answer.Advice)
        {
            terminal.Line($"  what to do  {Escape(advice)}");
        }

        if (reply.Mount is null)
        {
            terminal.Line("  [yellow]note[/]        The file lies on no guarded volume: nobody asks the daemon before changing it.");
        }
    }

    private static string NameOf(PinOwner owner) => $"process {owner.ProcessId} ({owner.Command}), user {owner.UserId}";

    private void ShowUnknown(WhyReply reply)
    {
        terminal.Line($"[bold]{Escape(reply.Path)}[/]: the daemon holds no pin on this file and has made no decision about it.");
        terminal.Line(reply.Mount is null
            ? "It lies on no guarded volume, so the daemon is not asked about it: \"daxemu status\" lists the volumes."
            : $"It lies on the guarded volume {Escape(reply.Mount)}: whatever failed was not refused by the daemon.");
    }

    private void ShowOperation(WhyOperation operation)
    {
        string verdict = operation.Verdict switch
        {
            LayoutVerdict.Refuse => $"[red]refused[/] with {operation.ErrnoName} ({operation.Errno})",
            LayoutVerdict.Pretend => "[yellow]answered with success, and nothing changed[/]",
            _ => "carried out",
        };
        terminal.Line($"  asked       {KebabCase.Of(operation.Kind)} of {operation.Range} at {Moment.Local(operation.At)}: {verdict}");
        terminal.Line($"  by          process {operation.Requester.ProcessId} ({Escape(operation.Requester.Command)}), user {operation.Requester.UserId}");
    }

    private void ShowPin(WhyPin pin)
    {
        string state = pin.IsHeld ? "held" : pin.ReleasedAt is { } at ? $"released {Moment.Local(at)}" : "released";
        terminal.Line(
            $"  pin {pin.Id,-7} {pin.Range} by {Escape(NameOf(pin.Owner))}, region {Escape(pin.Region)}, " +
            $"since {Moment.Local(pin.Since)}, {state}");
    }
}
