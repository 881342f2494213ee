using System.CommandLine;
using System.Text.Json;
using DaxEmu.Client;
using DaxEmu.Daemon.Demo;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu demo-peer</c>: a client process of the demo; not for users.</summary>
internal static class DemoPeerCommand
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "demo-peer";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Argument<string> socket = new("SOCKET");
        Argument<string> file = new("FILE");
        Command command = new(Name, "A client process of the demo.") { socket, file };
        command.Hidden = true;
        command.SetAction(async parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            try
            {
                using Peer peer = new(parsed.GetRequiredValue(socket), parsed.GetRequiredValue(file));
                Reply(output, peer.Introduction());
                while (await Console.In.ReadLineAsync() is { } line)
                {
                    Reply(output, await peer.RunAsync(line));
                }

                return ExitStatus.Ok;
            }
            catch (Exception e) when (e is RdmaException or WorkCompletionException or IOException or UnauthorizedAccessException)
            {
                Reply(output, new PeerReply { Problem = e.Message });
                return ExitStatus.Negative;
            }
        });
        return command;
    }

    private static void Reply(TextWriter output, PeerReply reply)
    {
        output.WriteLine(JsonSerializer.Serialize(reply, DemoJson.OneLine.PeerReply));
        output.Flush();
    }
}
