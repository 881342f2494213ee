using System.Diagnostics.CodeAnalysis;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards;

/// <summary>A directory that programs use where it is. Its files are known while a client's memory or a pin refers to them.</summary>
public sealed class InPlaceVolume : Volume
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FileIdentity, InPlaceFile> _known = [];

    // The directory once more, since a mount is not named by O_PATH; null where the directory may not be read.
    private readonly SafeFileHandle? _mount;

    private InPlaceVolume(string directory, SafeFileHandle root)
        : base(directory, directory, root) => _ = FileContents.Reopen(root, fcntl.O_RDONLY | OpenFlags.Directory, out _mount);

    /// <summary>Opens a directory.</summary>
    /// <param name="directory">The directory that holds the files.</param>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static InPlaceVolume Open(string directory)
    {
        string path = Path.GetFullPath(directory);
        return new(path, OpenRoot(path, out _));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        lock (_gate)
        {
            foreach (InPlaceFile file in _known.Values)
            {
                file.Handle.Dispose();
            }

            _known.Clear();
            _mount?.Dispose();
            Root.Dispose();
        }
    }

    /// <summary>Tells what a client's descriptor stands for: its own file, when that lies in the directory.</summary>
    /// <remarks>
    /// A file of a FUSE or network filesystem that is mounted below the directory is not the volume's. One that was opened in another mount
    /// namespace, or by another mount of the filesystem, is looked up on the volume's own mount, which needs CAP_DAC_READ_SEARCH.
    /// </remarks>
    /// <param name="descriptor">The client's descriptor.</param>
    /// <param name="file">The file, known until this is disposed.</param>
    /// <exception cref="LinuxException">The descriptor cannot be asked.</exception>
    internal bool TryResolve(SafeFileHandle descriptor, [NotNullWhen(true)] out BackingFile? file)
    {
        file = null;
        FileIdentity identity = IdentityOf(descriptor);
        InPlaceFile? known = Hold(identity);
        if (known is null && !DescriptorStatus.IsServed(descriptor))
        {
            using SafeFileHandle? elsewhere = PathBelow(descriptor).Length > 0 ? null : OnOwnMount(descriptor, identity);
            known = elsewhere is not null ? Adopt(elsewhere, identity) : PathBelow(descriptor).Length > 0 ? Adopt(descriptor, identity) : null;
        }

        if (known is null)
        {
            return false;
        }

        file = new BackingFile(identity, ShownPath(known.Handle), null, null, () => Release(known));
        return true;
    }

    /// <summary>Keeps a file known until <see cref="Release"/>.</summary>
    internal InPlaceFile? Hold(FileIdentity identity)
    {
        lock (_gate)
        {
            InPlaceFile? known = _known.GetValueOrDefault(identity);
            if (known is not null)
            {
                known.Holds++;
            }

            return known;
        }
    }

    /// <summary>Undoes <see cref="Hold"/>.</summary>
    internal void Release(InPlaceFile file)
    {
        lock (_gate)
        {
            if (--file.Holds == 0)
            {
                _known.Remove(file.Identity);
                file.Handle.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    internal override HeldFile? HoldKnown(FileIdentity identity) =>
        Hold(identity) is { } file ? new HeldFile(file.Handle, () => Release(file)) : null;

    /// <summary>The file that a descriptor names.</summary>
    /// <exception cref="LinuxException">The descriptor cannot be asked.</exception>
    internal static FileIdentity IdentityOf(SafeFileHandle descriptor)
    {
        int known = FileStatus.Status(descriptor, STATX_INO, out statx status);
        return known < 0
            ? throw new LinuxException("statx(AT_EMPTY_PATH)", -known)
            : new FileIdentity(DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor), status.stx_ino);
    }

    /// <summary>A name of a file for messages: of one that is known, the name it has on the volume, by whatever mount it was opened.</summary>
    internal string ShownPath(FileIdentity identity, SafeFileHandle descriptor)
    {
        using HeldFile? known = HoldKnown(identity);
        return ShownPath(known?.Handle ?? descriptor);
    }

    // Null where it has no name there. A mount of part of a filesystem reaches files outside of that part by their handles, and shows names
    // that begin elsewhere: so the name is tried.
    private SafeFileHandle? OnOwnMount(SafeFileHandle descriptor, FileIdentity identity)
    {
        if (_mount is null || FileHandles.Reopen(descriptor, _mount, fcntl.O_PATH, out SafeFileHandle? found) < 0)
        {
            return null;
        }

        byte[] below = PathBelow(found!);
        if (below.Length > 0
            && FileNames.Open(Root, [.. below, 0], fcntl.O_PATH | OpenFlags.NoFollow, 0, out SafeFileHandle? named) == 0)
        {
            using (named)
            {
                if (IdentityOf(named!) == identity)
                {
                    return found;
                }
            }
        }

        found!.Dispose();
        return null;
    }

    private InPlaceFile Adopt(SafeFileHandle descriptor, FileIdentity identity)
    {
        // O_PATH: opening it asks no listener, this process's own included.
        int opened = FileContents.Reopen(descriptor, fcntl.O_PATH, out SafeFileHandle? handle);
        if (opened < 0)
        {
            throw new LinuxException("open(\"/proc/self/fd/...\", O_PATH) of a client's file", -opened);
        }

        lock (_gate)
        {
            if (!_known.TryGetValue(identity, out InPlaceFile? file))
            {
                file = new InPlaceFile(identity, handle!);
                _known.Add(identity, file);
            }
            else
            {
                handle!.Dispose();
            }

            file.Holds++;
            return file;
        }
    }
}
