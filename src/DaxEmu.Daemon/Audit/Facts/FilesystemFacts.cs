namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>A mounted filesystem.</summary>
/// <param name="Type">As in /proc/mounts: <c>ext4</c>, <c>fuse.sshfs</c>; <c>unknown</c> for a mount that this process cannot see.</param>
/// <param name="Source">What is mounted: a device, an export.</param>
/// <param name="MountPoint">Where.</param>
/// <param name="Options">Options of the mount, then of the filesystem.</param>
/// <param name="Reflink">Whether files can share blocks; null when that is not known.</param>
internal sealed record FilesystemFacts(string Type, string Source, string MountPoint, IReadOnlyList<string> Options, bool? Reflink)
{
    /// <summary>True when another filesystem, a program or another machine holds the blocks: what becomes of them is not known from here.</summary>
    public bool HasBlocksElsewhere =>
        Type is "overlay" or "unknown" or "nfs" or "nfs4" or "cifs" or "smb3" or "ceph" or "9p" or "afs" or "lustre" or "ecryptfs" or "virtiofs"
        || Type.StartsWith("fuse", StringComparison.Ordinal);

    /// <summary>The value of an option, "" for one without; null when it is not set.</summary>
    public string? Option(string name)
    {
        string? option = Options.FirstOrDefault(o => o == name || o.StartsWith(name + "=", StringComparison.Ordinal));
        return option is null || option.Length == name.Length ? option is null ? null : "" : option[(name.Length + 1)..];
    }
}
