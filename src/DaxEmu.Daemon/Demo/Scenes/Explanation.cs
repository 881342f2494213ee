using System.Text.Json;
using System.Text.Json.Nodes;
using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Demo.Scenes;

/// <summary><c>daxemu why</c> tells who was refused, who holds the file, by which policy, and what to do.</summary>
internal sealed class Explanation : IDemoScene
{
    /// <inheritdoc/>
    public string Title => "\"daxemu why\" explains the refusal";

    /// <inheritdoc/>
    public async Task PlayAsync(DemoStage stage, DemoStep step, CancellationToken cancellation)
    {
        string[] arguments = ["why", stage.TargetFile, "--config", stage.Sandbox.Configuration, "--socket", stage.Sandbox.Runtime];
        ProgramRun shown = await ProgramRun.OfAsync(Environment.ProcessPath!, arguments, cancellation);
        stage.Narrator.Ran(shown with { CommandLine = $"daxemu why {stage.TargetFile}" });
        ProgramRun run = await ProgramRun.OfAsync(Environment.ProcessPath!, [.. arguments, "--json"], cancellation);
        if (!shown.Succeeded || !run.Succeeded)
        {
            throw new DemoException($"daxemu why did not know the file: {shown.Complaint}");
        }

        WhyReply reply = JsonSerializer.Deserialize(run.Output, AdminJson.Default.WhyReply)!;
        WhyAnswer answer = reply.Answer!;
        WhyPin? pin = answer.Pins.FirstOrDefault(p => p.IsHeld);
        string rkey = $"0x{RemoteMemory.Parse(stage.Target.Introduction.Memory!).RKey:x}";

        step.Evidence["text"] = shown.Output;
        step.Evidence["answer"] = JsonNode.Parse(run.Output);
        step.Expect(answer.Operation?.Verdict == LayoutVerdict.Refuse, "the last operation on the file was refused");
        step.Expect(
            answer.Operation?.Requester.ProcessId == stage.LastRefused?.ProcessId,
            $"it names process {stage.LastRefused?.ProcessId} as the one that was refused ({answer.Operation?.Requester.ProcessId})");
        step.Expect(pin?.Owner.ProcessId == stage.Target.Id, $"it names process {stage.Target.Id} as the holder ({pin?.Owner.ProcessId})");
        step.Expect(pin?.Region.Contains(rkey, StringComparison.Ordinal) == true, $"it names the region {rkey} ({pin?.Region})");
        step.Expect(answer.Policy.SetAt.Length > 0, "it says where the policy is set");
        step.Expect(answer.Advice.Count > 0, "it says what to do");
    }
}
