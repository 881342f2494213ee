using System.Text.Json;
using DaxEmu.Device.Tests;

namespace DaxEmu.Conformance;

/// <summary>A machine whose programs guard directories themselves: one for each policy, and more on filesystems that can share blocks.</summary>
public sealed class PreloadedMachine : Machine
{
    private static readonly string[] Policies = ["deny", "ignore", "wait", "lease-revoke", "lease-kill", "legacy", "odp"];
    private readonly Dictionary<string, LoopVolume> _volumes = [];

    /// <inheritdoc/>
    protected override string Configuration => JsonSerializer.Serialize(new
    {
        Contract = new { LeaseBreakMilliseconds = 200, WaitMilliseconds = 600_000 },
        Volumes = Policies
            .Select(policy => new { Backing = Of(policy), Guard = "preload", Policy = policy })
            .Concat(_volumes.Values.SelectMany(v => new[] { "deny", "ignore" }.Select(
                policy => new { Backing = Directory.CreateDirectory(Path.Combine(v.Path, policy)).FullName, Guard = "preload", Policy = policy }))),
    });

    /// <summary>A directory that is guarded under a policy.</summary>
    internal string Of(string policy) => Directory.CreateDirectory(Path.Combine(Files, policy)).FullName;

    /// <summary>One on a filesystem of a type; "" where there can be none.</summary>
    internal string Of(string policy, string type) => _volumes.TryGetValue(type, out LoopVolume? volume) ? Path.Combine(volume.Path, policy) : "";

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess && File.Exists("/dev/loop-control"))
        {
            foreach (string type in new[] { "xfs", "btrfs" })
            {
                _volumes[type] = new LoopVolume(type: type);
            }
        }

        await base.InitializeAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (LoopVolume volume in _volumes.Values)
        {
            volume.Dispose();
        }
    }
}
