using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Demo.Scenes;

/// <summary>Clients and daemon end, and the mount goes.</summary>
internal sealed class TakeDown : IDemoScene
{
    /// <inheritdoc/>
    public string Title => "Everything is taken down";

    /// <inheritdoc/>
    public async Task PlayAsync(DemoStage stage, DemoStep step, CancellationToken cancellation)
    {
        int? writer = await stage.Writer.EndAsync();
        int? target = await stage.Target.EndAsync();
        int? daemon = await stage.Daemon.EndAsync();
        string? type = MountTable.FilesystemTypeAt(stage.Sandbox.Mount);

        step.Evidence["clientExitStatuses"] = new System.Text.Json.Nodes.JsonArray(writer, target);
        step.Evidence["daemonExitStatus"] = daemon;
        step.Evidence["mountType"] = type;
        step.Expect(writer == 0 && target == 0, $"both clients ended with status 0 ({writer}, {target})");
        step.Expect(daemon == 0, $"the daemon ended with status 0 after SIGTERM ({daemon})");
        step.Expect(type is null, $"nothing is mounted any more ({type})");
        stage.Narrator.Say("The clients ended; the daemon got SIGTERM, unmounted the volume and ended.");
    }
}
