using System.CommandLine;
using DaxEmu.Daemon.Demo;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu demo</c>: shows what it is all about.</summary>
internal static class DemoCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<bool> json = JsonOption.Create();
        Option<string?> policy = new("--policy")
        {
            Description = "Policy of the demo's daemon. Any but deny makes the demo fail: nothing is refused then.",
            HelpName = "POLICY",
        };
        Command command = new(
            "demo", "Shows an RDMA write into a real file, and a truncate of that file refused while it is registered. Leaves nothing behind.")
        {
            json, policy,
        };
        command.SetAction(async parsed =>
        {
            using Interruption interruption = new();
            DemoNarrator narrator = new(parsed.GetValue(json) ? null : new Terminal(parsed));
            DemoReport report = await DemoPlay.RunAsync(parsed.GetValue(policy), narrator, interruption.Token);
            if (parsed.GetValue(json))
            {
                JsonOption.Write(parsed, report, DemoJson.Default.DemoReport);
            }

            return report.Observed ? ExitStatus.Ok : ExitStatus.Negative;
        });
        return command;
    }
}
