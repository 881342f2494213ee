using System.CommandLine;
using DaxEmu.Daemon.Admin;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu why FILE</c>: who holds the file, who was refused, and what to do.</summary>
internal static class WhyCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DaemonOption daemon = new();
        Option<bool> json = JsonOption.Create();
        Argument<string> file = new("FILE") { Description = "The file, as named on the guarded volume or on its backing directory." };
        Command command = new("why", "Explains why a truncate, a punch-hole or a registration of a file was refused.") { file, json };
        daemon.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using AdminClient client = daemon.Connect(parsed);
            WhyReply reply = await client.WhyAsync(Path.GetFullPath(parsed.GetRequiredValue(file)), cancellation);
            if (parsed.GetValue(json))
            {
                JsonOption.Write(parsed, reply, AdminJson.Default.WhyReply);
            }
            else
            {
                new WhyText(new Terminal(parsed)).Show(reply);
            }

            return reply.Known ? ExitStatus.Ok : ExitStatus.Negative;
        });
        return command;
    }
}
