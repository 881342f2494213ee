using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;

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

        terminal.Line($"[bold]{reply.Path}[/]");
        if (answer.Operation is { } operation)
        {
            ShowOperation(operation);
        }
        else
        {
            terminal.Line($"  No operation on it has met a pin, as far back as the journal goes.");
        }

        foreach (WhyPin pin in answer.Pins)
        {
            ShowPin(pin);
        }

        terminal.Line($"  policy      [bold]{PolicyName.Of(answer.Policy.Policy)}[/], set at {answer.Policy.SetAt}");
        if (answer.RefusedPin is { } refused)
        {
            string why = $"{refused.ErrnoName} ({refused.Errno}). {refused.Reason}";
            terminal.Line($"  not pinned  {refused.Range} for {NameOf(refused.Owner)} at {Moment.Local(refused.At)}: {why}");
        }

        foreach (WhyBreach breach in answer.Breaches)
        {
            string fate = breach.Fate == BreachFate.Revoked ? ", which was revoked," : "";
            terminal.Line($"  [red]breach[/]      {breach.Range} under {breach.Region}{fate} at {Moment.Local(breach.At)}: {breach.Evidence}");
        }

        foreach (WhyDivergence divergence in answer.Divergences)
        {
            ShowDivergence(divergence);
        }

        if (answer.DivergenceCount > answer.Divergences.Count)
        {
            terminal.Line($"  [red]diverged[/]    {answer.DivergenceCount - answer.Divergences.Count} times more before");
        }

        foreach (string advice in answer.Advice)
        {
            terminal.Line($"  what to do  {advice}");
        }

        if (reply.Mount is null)
        {
            terminal.Line($"  [yellow]note[/]        The file lies on no guarded volume: nobody asks the daemon before changing it.");
        }
    }

    private static string NameOf(PinOwner owner) => $"process {owner.ProcessId} ({owner.Command}), user {owner.UserId}";

    private void ShowUnknown(WhyReply reply)
    {
        terminal.Line($"[bold]{reply.Path}[/]: the daemon holds no pin on this file and has made no decision about it.");
        if (reply.Mount is null)
        {
            terminal.Line($"It lies on no guarded volume, so the daemon is not asked about it: \"daxemu status\" lists the volumes.");
        }
        else
        {
            terminal.Line($"It lies on the guarded volume {reply.Mount}: whatever failed was not refused by the daemon.");
        }
    }

    private void ShowOperation(WhyOperation operation)
    {
        string asked = $"{KebabCase.Of(operation.Kind)} of {operation.Range} at {Moment.Local(operation.At)}";
        switch (operation.Verdict)
        {
            case LayoutVerdict.Refuse:
                terminal.Line($"  asked       {asked}: [red]refused[/] with {operation.ErrnoName} ({operation.Errno})");
                if (operation.IsAvoidable)
                {
                    terminal.Line($"              Under any policy: it would share blocks, and its caller copies the bytes instead.");
                }

                break;
            case LayoutVerdict.Pretend:
                terminal.Line($"  asked       {asked}: [yellow]answered with success, and nothing changed[/]");
                break;
            case null:
                string until = operation.WaitsUntil is { } deadline ? $" until {Moment.Local(deadline)} at the latest" : "";
                terminal.Line($"  asked       {asked}: [yellow]waits[/] for the pins to go{until}");
                break;
            default:
                terminal.Line($"  asked       {asked}: carried out");
                break;
        }

        terminal.Line($"  by          process {operation.Requester.ProcessId} ({operation.Requester.Command}), user {operation.Requester.UserId}");
    }

    private void ShowDivergence(WhyDivergence divergence)
    {
        string did = divergence.Access == PinAccess.Write ? "wrote" : "read";
        Requester by = divergence.Cause.Requester;
        string taken = $"{KebabCase.Of(divergence.Cause.Kind)} of {divergence.Cause.Range} by process {by.ProcessId} ({by.Command})";
        string when = Moment.Local(divergence.At);
        terminal.Line($"  [red]diverged[/]    {divergence.Region} of {NameOf(divergence.Owner)} {did} {divergence.Range} at {when}; taken by {taken}");
    }

    private static string Gone(WhyPin pin) => pin.IsRevoked ? "revoked" : "released";

    private void ShowPin(WhyPin pin)
    {
        string state = pin.IsHeld ? "held" : pin.ReleasedAt is { } at ? $"{Gone(pin)} {Moment.Local(at)}" : Gone(pin);
        terminal.Line($"  pin {pin.Id,-7} {pin.Range} by {NameOf(pin.Owner)}, {pin.Region}, since {Moment.Local(pin.Since)}, {state}");
    }
}
