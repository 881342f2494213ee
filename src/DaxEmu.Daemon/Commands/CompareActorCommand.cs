using System.CommandLine;
using System.Text.Json;
using DaxEmu.Client;
using DaxEmu.Daemon.Compare;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu compare-actor</c>: a process of the experiment; not for users.</summary>
internal static class CompareActorCommand
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "compare-actor";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Argument<ActorRole> role = new("ROLE");
        Argument<string> socket = new("SOCKET");
        Argument<string> file = new("FILE");
        Argument<ulong> seed = new("SEED");
        Argument<int> lane = new("LANE");
        Command command = new(Name, "A process of the experiment.") { role, socket, file, seed, lane };
        command.Hidden = true;
        command.SetAction(async parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            int number = parsed.GetValue(lane);
            string device = parsed.GetRequiredValue(socket);
            string path = parsed.GetRequiredValue(file);
            try
            {
                using IActor actor = parsed.GetValue(role) switch
                {
                    ActorRole.Hold => new Holder(device, path, Lane.HolderLetsGo(number)),
                    ActorRole.Write => new RemoteWriter(device, new WriterPlan(parsed.GetValue(seed), number)),
                    ActorRole.Mutate => new Mutator(path, new MutatorPlan(parsed.GetValue(seed), number)),
                    ActorRole unknown => throw new ArgumentException($"\"{unknown}\" is no role", nameof(parsed)),
                };
                Reply(output, new ActorReply());
                while (await Console.In.ReadLineAsync() is { } line)
                {
                    Reply(output, await RunAsync(actor, line.Split(' ')));
                }

                return ExitStatus.Ok;
            }
            catch (Exception e) when (IsExpected(e))
            {
                Reply(output, new ActorReply { Problem = e.Message });
                return ExitStatus.Negative;
            }
        });
        return command;
    }

    private static async Task<ActorReply> RunAsync(IActor actor, string[] words)
    {
        try
        {
            return await actor.RunAsync(words);
        }
        catch (Exception e) when (IsExpected(e))
        {
            return new ActorReply { Problem = e.Message };
        }
    }

    private static bool IsExpected(Exception e) =>
        e is RdmaException or DeviceUnavailableException or WorkCompletionException or IOException or UnauthorizedAccessException;

    private static void Reply(TextWriter output, ActorReply reply)
    {
        output.WriteLine(JsonSerializer.Serialize(reply, ActorJson.Default.ActorReply));
        output.Flush();
    }
}
