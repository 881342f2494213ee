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

    private InPlaceVolume(string directory, SafeFileHandle root)
        : base(directory, directory, root)
    {
    }

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
            Root.Dispose();
        }
    }

    /// <summary>Tells what a client's descriptor stands for: its own file, when that lies in the directory.</summary>
    /// <remarks>A file of a FUSE or network filesystem that is mounted below the directory is not the volume's.</remarks>
    /// <param name="descriptor">The client's descriptor.</param>
    /// <param name="file">The file, known until this is disposed.</param>
    /// <exception cref="LinuxException">The descriptor cannot be asked.</exception>
    internal bool TryResolve(SafeFileHandle descriptor, [NotNullWhen(true)] out BackingFile? file)
    {
        file = null;
        FileIdentity identity = IdentityOf(descriptor);
        InPlaceFile? known = Hold(identity);
        if (known is null && PathBelow(descriptor).Length > 0 && !DescriptorStatus.IsServed(descriptor))
        {
            known = Adopt(descriptor, identity);
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
