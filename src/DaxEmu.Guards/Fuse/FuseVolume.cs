using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// A directory that is to be seen through a mount: the files in it, as far as they are known, by identity. Made before the contract,
/// whose policies come from here, and before the guard that mounts it.
/// </summary>
public sealed class FuseVolume : Volume
{
    private FuseVolume(string backingDirectory, string mountPoint, SafeFileHandle root, in statx status)
        : base(backingDirectory, mountPoint, root)
    {
        MountId = status.stx_mnt_id;
        HasDisk = !DescriptorStatus.IsInMemory(root);
        Nodes = new NodeTable(root, status);
    }

    /// <summary>Where programs see the files.</summary>
    public string MountPoint => ShownDirectory;

    internal NodeTable Nodes { get; }

    /// <summary>False when its files lie in memory: what is in their pages is in the files.</summary>
    internal bool HasDisk { get; }

    /// <summary>The mount that the backing directory lies on.</summary>
    internal ulong MountId { get; }

    /// <summary>Opens a backing directory.</summary>
    /// <param name="backingDirectory">The directory that holds the files.</param>
    /// <param name="mountPoint">An existing directory outside of it. What it holds is hidden while the volume is mounted.</param>
    /// <exception cref="LinuxException">The backing directory cannot be opened.</exception>
    /// <exception cref="ArgumentException">One of the two lies within the other.</exception>
    public static FuseVolume Open(string backingDirectory, string mountPoint)
    {
        string backing = Path.GetFullPath(backingDirectory);
        string mount = Path.GetFullPath(mountPoint);
        Separate(Resolved(backing), Resolved(mount), backing, mount);
        SafeFileHandle root = OpenRoot(backing, out statx status);
        return new FuseVolume(backing, mount, root, status);
    }

    /// <inheritdoc/>
    public override void Dispose() => Nodes.Dispose();

    internal override HeldFile? HoldKnown(FileIdentity identity) =>
        Nodes.Hold(identity) is { } node ? new HeldFile(node.Handle, () => Nodes.Release(node)) : null;

    /// <summary>A name of a file for messages, as a program sees it on the mount.</summary>
    internal string ShownPath(Node node) => ShownPath(node.Handle);

    private static void Separate(string backing, string mount, string givenBacking, string givenMount)
    {
        if (backing == mount || IsBelow(mount, backing) || IsBelow(backing, mount))
        {
            throw new ArgumentException(
                $"the volume {givenBacking} and its mount point {givenMount} must be two directories, neither within the other");
        }
    }

    private static bool IsBelow(string path, string directory) => path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal);

    // Through symbolic links; a component that cannot be read, such as a dead mount, stays as it is written.
    private static string Resolved(string path)
    {
        string resolved = "/";
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(resolved, name);
            try
            {
                resolved = new DirectoryInfo(next).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next;
            }
            catch (IOException)
            {
                resolved = next;
            }
        }

        return resolved;
    }
}
