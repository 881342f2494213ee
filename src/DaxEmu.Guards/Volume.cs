using System.Text;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards;

/// <summary>
/// A directory whose files are guarded. Made before the contract, whose policies come from here, and before the guard that answers for it.
/// </summary>
public abstract class Volume : IDisposable
{
    private readonly byte[] _backingPath;

    /// <summary>Takes an opened directory over.</summary>
    private protected Volume(string backingDirectory, string shownDirectory, SafeFileHandle root)
    {
        BackingDirectory = backingDirectory;
        ShownDirectory = shownDirectory;
        Root = root;
        _backingPath = PathOf(root);
    }

    /// <summary>The directory that holds the files.</summary>
    public string BackingDirectory { get; }

    /// <summary>Where programs see them: the backing directory itself, or where a guard has mounted it.</summary>
    public string ShownDirectory { get; }

    /// <summary>O_PATH descriptor of the backing directory.</summary>
    internal SafeFileHandle Root { get; }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>A file that the guard knows, kept known until the result is disposed; null when it knows none with that identity.</summary>
    internal abstract HeldFile? HoldKnown(FileIdentity identity);

    /// <summary>A name of a file for messages, as a program sees it.</summary>
    /// <param name="file">A descriptor of it on the backing file system.</param>
    internal string ShownPath(SafeFileHandle file) => ShownPath(PathBelow(file));

    /// <inheritdoc cref="ShownPath(SafeFileHandle)"/>
    internal string ShownPath(ReadOnlySpan<byte> below) =>
        below.IsEmpty ? ShownDirectory : ShownDirectory + "/" + Encoding.UTF8.GetString(below);

    /// <summary>A name below the volume's root, as bytes; empty for the root, and for a file that has left the volume.</summary>
    internal byte[] PathBelow(SafeFileHandle file)
    {
        byte[] path = PathOf(file);
        return path.Length > _backingPath.Length + 1 && path.AsSpan().StartsWith(_backingPath) && path[_backingPath.Length] == (byte)'/'
            ? path[(_backingPath.Length + 1)..]
            : [];
    }

    /// <summary>Opens a directory as a volume's root.</summary>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    private protected static SafeFileHandle OpenRoot(string directory, out statx status)
    {
        int opened = FileContents.Open(directory, fcntl.O_PATH | OpenFlags.Directory, out SafeFileHandle? root);
        if (opened < 0)
        {
            throw new LinuxException($"open(\"{directory}\", O_PATH | O_DIRECTORY)", -opened);
        }

        int known = FileStatus.Status(root!, STATX_BASIC_STATS | STATX_MNT_ID, out status);
        return known < 0 ? throw new LinuxException($"statx(\"{directory}\")", -known) : root!;
    }

    private static byte[] PathOf(SafeFileHandle handle)
    {
        byte[] path = new byte[4096];
        int length = FileStatus.NameOf(handle, path);
        return path[..Math.Max(length, 0)];
    }
}
