using System.CommandLine;
using System.Text.Json;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu events [FILE] [--follow]</c>: the contract's decisions, as they were made.</summary>
internal static class EventsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DaemonOption daemon = new();
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with the decisions to come, until interrupted." };
        Option<bool> json = new("--json") { Description = "Print one JSON document a line." };
        Argument<string?> file = new("FILE") { Description = "Only the decisions about this file.", Arity = ArgumentArity.ZeroOrOne };
        Command command = new("events", "Lists the decisions about pins and about operations that met one, oldest first.") { file, follow, json };
        daemon.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using AdminClient client = daemon.Connect(parsed);
            string? path = parsed.GetValue(file) is { } name ? Path.GetFullPath(name) : null;
            Terminal terminal = new(parsed);
            Action<ContractEvent> show = parsed.GetValue(json)
                ? entry => parsed.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(entry, AdminJson.OneLine.ContractEvent))
                : entry => terminal.Line($"{Moment.Local(entry.At)}  {entry.Sequence,6}  {EventText.Of(entry)}");
            if (parsed.GetValue(follow))
            {
                await FollowAsync(client, path, show, cancellation);
            }
            else
            {
                foreach (ContractEvent entry in await client.EventsAsync(path, cancellation))
                {
                    show(entry);
                }
            }

            return ExitStatus.Ok;
        });
        return command;
    }

    private static async Task FollowAsync(AdminClient client, string? path, Action<ContractEvent> show, CancellationToken cancellation)
    {
        try
        {
            await foreach (ContractEvent entry in client.FollowEventsAsync(path, cancellation))
            {
                show(entry);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how one stops following.
        }
    }
}
