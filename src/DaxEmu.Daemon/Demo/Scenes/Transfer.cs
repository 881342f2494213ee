using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Demo.Scenes;

/// <summary>One client RDMA-writes its file into the other's and reads it back; a third process finds the bytes in the file.</summary>
internal sealed class Transfer : IDemoScene
{
    /// <inheritdoc/>
    public string Title => "One program RDMA-writes 64 MiB into the other's file, and reads it back";

    /// <inheritdoc/>
    public async Task PlayAsync(DemoStage stage, DemoStep step, CancellationToken cancellation)
    {
        await stage.Writer.CommandAsync($"connect {stage.Target.Introduction.Address}", cancellation);
        await stage.Target.CommandAsync($"connect {stage.Writer.Introduction.Address}", cancellation);
        stage.Narrator.Say("Their queue pairs are connected (RC).");

        PeerReply written = await stage.Writer.CommandAsync($"write {stage.Target.Introduction.Memory}", cancellation);
        stage.Narrator.Say($"RDMA WRITE of {written.Bytes >> 20} MiB: {written.Milliseconds:0.0} ms.");
        PeerReply read = await stage.Writer.CommandAsync($"read {stage.Target.Introduction.Memory}", cancellation);
        stage.Narrator.Say($"RDMA READ of it back: {read.Milliseconds:0.0} ms.");
        stage.Narrator.Say("A third process looks into the file:");
        ProgramRun sum = await stage.RunAsync(["sha256sum", stage.TargetFile], cancellation);

        string through = sum.Output.Split(' ')[0];
        step.Evidence["bytes"] = written.Bytes;
        step.Evidence["writeMilliseconds"] = Math.Round(written.Milliseconds, 3);
        step.Evidence["readMilliseconds"] = Math.Round(read.Milliseconds, 3);
        step.Evidence["sha256Sent"] = stage.Sha256;
        step.Evidence["sha256ReadBack"] = read.Sha256;
        step.Evidence["sha256ThroughFile"] = through;
        step.Expect(written.Bytes == DemoStage.FileLength, $"{DemoStage.FileLength} bytes were written ({written.Bytes})");
        step.Expect(read.Sha256 == stage.Sha256, "what was read back is what was sent");
        step.Expect(through == stage.Sha256, "sha256sum of the file is that of the bytes sent");
        if (step.Unmet.Count == 0)
        {
            stage.Narrator.Say("It is the digest of the bytes that were sent: the RDMA write went into the file.");
        }
    }
}
