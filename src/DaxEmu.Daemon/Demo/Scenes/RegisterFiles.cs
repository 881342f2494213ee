using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DaxEmu.Client;
using DaxEmu.Contract;

namespace DaxEmu.Daemon.Demo.Scenes;

/// <summary>Two client processes, each with a mapped file of the volume that it registers as a memory region.</summary>
internal sealed class RegisterFiles : IDemoScene
{
    /// <inheritdoc/>
    public string Title => "Two programs each map a file of that directory and register it for RDMA";

    /// <inheritdoc/>
    public async Task PlayAsync(DemoStage stage, DemoStep step, CancellationToken cancellation)
    {
        byte[] content = RandomNumberGenerator.GetBytes(DemoStage.FileLength);
        stage.Sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        await File.WriteAllBytesAsync(stage.SourceFile, content, cancellation);
        await File.WriteAllBytesAsync(stage.TargetFile, new byte[DemoStage.FileLength], cancellation);
        await stage.StartPeersAsync(cancellation);
        IReadOnlyList<Pin> pins = await stage.Daemon.Admin.PinsAsync(null, cancellation);

        step.Evidence["clients"] = new JsonArray(Describe(stage, step, stage.Writer), Describe(stage, step, stage.Target));
        step.Evidence["pins"] = pins.Count;
        foreach (PeerProcess peer in (PeerProcess[])[stage.Writer, stage.Target])
        {
            step.Expect(peer.MapsItsFile(), $"/proc/{peer.Id}/maps names {peer.File}");
            step.Expect(
                pins.Any(p => p.Request.Owner.ProcessId == peer.Id && p.Request.Range == new ByteRange(0, DemoStage.FileLength)),
                $"the daemon holds a pin of process {peer.Id} on all of {peer.File}");
        }
    }

    private static JsonObject Describe(DemoStage stage, DemoStep step, PeerProcess peer)
    {
        RemoteMemory memory = RemoteMemory.Parse(peer.Introduction.Memory!);
        string mapping = peer.Introduction.IsSync
            ? "MAP_SYNC, so a flushed store is durable"
            : "MAP_SHARED; this filesystem has no DAX, hence no MAP_SYNC";
        step.Expect(memory.Length == DemoStage.FileLength, $"the region covers the file: {memory.Length} bytes");
        stage.Narrator.Say($"Process {peer.Id} registered {Path.GetFileName(peer.File)}, {memory.Length >> 20} MiB, as rkey 0x{memory.RKey:x} ({mapping}).");
        return new JsonObject
        {
            ["process"] = peer.Id,
            ["file"] = peer.File,
            ["bytes"] = memory.Length,
            ["rkey"] = $"0x{memory.RKey:x}",
            ["mapping"] = peer.Introduction.IsSync ? "MAP_SYNC" : "MAP_SHARED",
        };
    }
}
