namespace DaxEmu.Guards.Fuse;

/// <summary>How a volume is mounted.</summary>
public sealed record FuseGuardOptions
{
    /// <summary>Shown as the source in /proc/mounts; what a stale mount is recognised by.</summary>
    public const string Source = "daxemu";

    /// <summary>Threads that answer requests: as many system calls may block on the backing file system at a time.</summary>
    public int Threads { get; init; } = Math.Max(4, Environment.ProcessorCount);

    /// <summary>Does without passthrough even where the kernel has it.</summary>
    public bool ForcePageCache { get; init; }
}
