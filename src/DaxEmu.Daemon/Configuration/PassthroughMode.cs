namespace DaxEmu.Daemon.Configuration;

/// <summary>Whether a volume's guard uses the kernel's FUSE passthrough (Linux 6.9).</summary>
internal enum PassthroughMode
{
    /// <summary>Where the kernel has it and the daemon may use it.</summary>
    Auto,

    /// <summary>Never: reads and writes go through the daemon.</summary>
    Off,
}
