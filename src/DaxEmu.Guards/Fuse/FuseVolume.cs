using System.Text;
using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// A directory that is to be seen through a mount: the files in it, as far as they are known, by identity. Made before the contract,
/// whose policies come from here, and before the guard that mounts it.
/// </summary>
public sealed class FuseVolume : IDisposable
{
    private readonly byte[] _backingPath;

    private FuseVolume(string backingDirectory, string mountPoint, SafeFileHandle root, in statx status)
    {
        BackingDirectory = backingDirectory;
        MountPoint = mountPoint;
        MountId = status.stx_mnt_id;
        Nodes = new NodeTable(root, status);
        _backingPath = PathOf(root);
    }

    /// <summary>The directory that holds the files.</summary>
    public string BackingDirectory { get; }

    /// <summary>Where programs see them.</summary>
    public string MountPoint { get; }

    internal NodeTable Nodes { get; }

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
        int opened = FileContents.Open(backing, fcntl.O_PATH | OpenFlags.Directory, out SafeFileHandle? root);
        if (opened < 0)
        {
            throw new LinuxException($"open(\"{backing}\", O_PATH | O_DIRECTORY)", -opened);
        }

        int known = FileStatus.Status(root!, STATX_BASIC_STATS | STATX_MNT_ID, out statx status);
        return known < 0
            ? throw new LinuxException($"statx(\"{backing}\")", -known)
            : new FuseVolume(backing, mount, root!, status);
    }

    /// <inheritdoc/>
    public void Dispose() => Nodes.Dispose();

    /// <summary>A name of a file for messages, as a program sees it on the mount.</summary>
    internal string ShownPath(Node node)
    {
        ReadOnlySpan<byte> below = PathBelow(node);
        return below.IsEmpty ? MountPoint : MountPoint + "/" + Encoding.UTF8.GetString(below);
    }

    /// <summary>A name below the volume's root, as bytes; empty for the root, and for a file that has left the volume.</summary>
    internal byte[] PathBelow(Node node)
    {
        byte[] path = PathOf(node.Handle);
        return path.Length > _backingPath.Length + 1 && path.AsSpan().StartsWith(_backingPath) && path[_backingPath.Length] == (byte)'/'
            ? path[(_backingPath.Length + 1)..]
            : [];
    }

    private static byte[] PathOf(SafeFileHandle handle)
    {
        byte[] path = new byte[4096];
        int length = FileStatus.NameOf(handle, path);
        return path[..Math.Max(length, 0)];
    }

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
