using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Demo.Scenes;

/// <summary>A daemon on a volume of its own: a real directory, mounted through the FUSE guard.</summary>
internal sealed class StartDaemon : IDemoScene
{
    /// <inheritdoc/>
    public string Title => "A daemon guards a directory, through a FUSE mount";

    /// <inheritdoc/>
    public async Task PlayAsync(DemoStage stage, DemoStep step, CancellationToken cancellation)
    {
        await stage.StartDaemonAsync(cancellation);
        DaemonStatus status = await stage.Daemon.Admin.StatusAsync(cancellation);
        string? type = MountTable.FilesystemTypeAt(stage.Sandbox.Mount);
        bool passthrough = status.Volumes.Any(v => v.Passthrough);

        step.Evidence["daemonProcess"] = stage.Daemon.Id;
        step.Evidence["backing"] = stage.Sandbox.Backing;
        step.Evidence["mount"] = stage.Sandbox.Mount;
        step.Evidence["mountType"] = type;
        step.Evidence["passthrough"] = passthrough;
        step.Expect(type?.StartsWith("fuse", StringComparison.Ordinal) == true, $"{stage.Sandbox.Mount} is a FUSE mount (it is: {type ?? "not mounted"})");
        step.Expect(status.ProcessId == stage.Daemon.Id, "the daemon that answers is the one that was started");

        stage.Narrator.Say($"daxemu serve runs as process {stage.Daemon.Id}.");
        stage.Narrator.Say($"The real directory is {stage.Sandbox.Backing},");
        stage.Narrator.Say($"programs use it as      {stage.Sandbox.Mount} ({type}).");
        stage.Narrator.Say(passthrough
            ? "Reads, writes and mappings go straight to the real files (FUSE passthrough); truncates and the like ask the daemon first."
            : $"Reads and writes go through the daemon as well: {string.Join("; ", status.Volumes.Select(v => v.Reason))}.");
    }
}
