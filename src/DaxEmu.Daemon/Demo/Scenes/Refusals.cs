using System.Text.Json.Nodes;
using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Demo.Scenes;

/// <summary>Ordinary programs try to cut, punch and empty the file while its region is registered.</summary>
internal sealed class Refusals : IDemoScene
{
    private const string Busy = "Text file busy";

    /// <inheritdoc/>
    public string Title => "Ordinary programs try to take the file's blocks away, and are refused";

    /// <inheritdoc/>
    public async Task PlayAsync(DemoStage stage, DemoStep step, CancellationToken cancellation)
    {
        string file = stage.TargetFile;
        string[][] attempts =
        [
            ["truncate", "--size", "4096", file],
            ["fallocate", "--punch-hole", "--offset", "1048576", "--length", "1048576", file],
            ["dd", "if=/dev/zero", $"of={file}", "bs=4096", "count=1", "status=none"],
        ];
        JsonArray refusals = new();
        foreach (string[] attempt in attempts)
        {
            ProgramRun run = await stage.RunAsync(attempt, cancellation);
            bool refused = !run.Succeeded && run.Error.Contains(Busy, StringComparison.Ordinal);
            step.Expect(refused, $"{attempt[0]} was refused with \"{Busy}\" (it ended with status {run.ExitStatus})");
            refusals.Add(new JsonObject
            {
                ["command"] = run.CommandLine,
                ["process"] = run.ProcessId,
                ["exitStatus"] = run.ExitStatus,
                ["stderr"] = run.Error.Trim(),
            });
            stage.LastRefused = run;
        }

        string sum = (await ProgramRun.OfAsync("sha256sum", [file], cancellation)).Output.Split(' ')[0];
        step.Evidence["attempts"] = refusals;
        step.Evidence["sha256After"] = sum;
        step.Expect(sum == stage.Sha256, "the file still has all its bytes");
        if (sum == stage.Sha256)
        {
            stage.Narrator.Say("The file still has all its bytes.");
        }
    }
}
