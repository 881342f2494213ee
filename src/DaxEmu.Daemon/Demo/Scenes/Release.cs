using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Demo.Scenes;

/// <summary>The region is deregistered, and the same truncate succeeds.</summary>
internal sealed class Release : IDemoScene
{
    private const long Cut = 4096;

    /// <inheritdoc/>
    public string Title => "The region is deregistered: the same truncate succeeds";

    /// <inheritdoc/>
    public async Task PlayAsync(DemoStage stage, DemoStep step, CancellationToken cancellation)
    {
        await stage.Target.CommandAsync("deregister", cancellation);
        stage.Narrator.Say($"Process {stage.Target.Id} deregistered its region.");
        IReadOnlyList<Pin> pins = await stage.Daemon.Admin.PinsAsync(stage.TargetFile, cancellation);
        ProgramRun run = await stage.RunAsync(["truncate", "--size", $"{Cut}", stage.TargetFile], cancellation);
        long length = new FileInfo(stage.TargetFile).Length;
        stage.Narrator.Say($"The file has {length} bytes now.");

        step.Evidence["pinsLeft"] = pins.Count;
        step.Evidence["command"] = run.CommandLine;
        step.Evidence["exitStatus"] = run.ExitStatus;
        step.Evidence["length"] = length;
        step.Expect(pins.Count == 0, "no pin is left on the file");
        step.Expect(run.Succeeded, $"truncate succeeded ({run.Complaint})");
        step.Expect(length == Cut, $"the file has {Cut} bytes ({length})");
    }
}
