using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_fuse;

namespace DaxEmu.Guards.Fuse;

/// <summary>Opening regular files, and what is done through an open file that leaves its layout alone.</summary>
internal sealed class FileOperations(
    FuseVolume volume, NameOperations names, BackingIds backings, IFileContract contract, MappedPunchWatch? punches, IGuardEvents events)
{
    private readonly HandleTable<OpenFile> _open = new();

    internal OpenFile? Find(ulong handle) => _open.Find(handle);

    internal int Open(Node node, ref FuseRequest request, Span<byte> reply)
    {
        int flags = (int)request.Take<fuse_open_in>().flags;
        if ((flags & O_ACCMODE) != O_RDONLY && request.Header.uid != 0)
        {
            // A write that is passed through is never seen here, and the kernel leaves set-id bits to the server (HANDLE_KILLPRIV_V2): so
            // they go when another than root opens the file for writing. The mount itself is nosuid.
            _ = AttributeOperations.DropSetIds(node);
        }

        int opened = FileContents.Reopen(node.Handle, flags & O_ACCMODE, out SafeFileHandle? descriptor);
        return opened < 0 ? opened : Answer.Structure(reply, Admit(node, descriptor!, flags, request.Header));
    }

    internal int Create(Node parent, ref FuseRequest request, Span<byte> reply)
    {
        fuse_create_in wish = request.Take<fuse_create_in>();
        ReadOnlySpan<byte> name = request.TakeName();
        int flags = (int)wish.flags;
        int made;
        SafeFileHandle? descriptor;
        using (CallerIdentity caller = new(request.Header, wish.umask))
        {
            int how = (flags & O_ACCMODE) | O_CREAT | O_EXCL | OpenFlags.NoFollow;
            descriptor = null;
            made = caller.Failure < 0 ? caller.Failure : FileNames.Open(parent.Handle, name, how, wish.mode, out descriptor);
        }

        // Somebody made it behind the mount's back. ESTALE has the kernel look it up and open it as the existing file it is.
        return made == -EEXIST && (flags & O_EXCL) == 0 ? -ESTALE
            : made < 0 ? made
            : EntryAndOpen(descriptor!, flags, request.Header, reply);
    }

    internal int CreateUnnamed(Node parent, ref FuseRequest request, Span<byte> reply)
    {
        fuse_create_in wish = request.Take<fuse_create_in>();
        int flags = (int)wish.flags;
        int made;
        SafeFileHandle? descriptor;
        using (CallerIdentity caller = new(request.Header, wish.umask))
        {
            int how = (flags & (O_ACCMODE | O_EXCL)) | OpenFlags.TemporaryFile;
            descriptor = null;
            made = caller.Failure < 0 ? caller.Failure : FileNames.Open(parent.Handle, ".\0"u8, how, wish.mode, out descriptor);
        }

        return made < 0 ? made : EntryAndOpen(descriptor!, flags, request.Header, reply);
    }

    internal int Release(ref FuseRequest request)
    {
        if (_open.Remove(request.Take<fuse_release_in>().fh, out OpenFile? file))
        {
            lock (file.Node.Gate)
            {
                backings.Released(file.Node);
                punches?.OnReleased(file.Node);
            }

            file.Descriptor.Dispose();
        }

        return 0;
    }

    internal int Read(ref FuseRequest request, Span<byte> reply)
    {
        fuse_read_in wish = request.Take<fuse_read_in>();
        if (_open.Find(wish.fh) is not { } file)
        {
            return -EBADF;
        }

        Span<byte> into = reply[..(int)Math.Min(wish.size, (uint)reply.Length)];

        // Only read(2) with O_DIRECT names its owner (fs/fuse/file.c, fuse_direct_io); a page fault on a mapping of such a descriptor fills the
        // page cache as any other.
        return file.Node.Held is not { } held ? FileContents.ReadAt(file.Descriptor, into, (long)wish.offset)
            : (wish.read_flags & FUSE_READ_LOCKOWNER) != 0 ? ReadDirect(file, held, into, wish.offset)
            : held.Read(file.Descriptor, into, wish.offset);
    }

    internal int Write(ref FuseRequest request, Span<byte> reply)
    {
        fuse_write_in wish = request.Take<fuse_write_in>();
        if (_open.Find(wish.fh) is not { } file)
        {
            return -EBADF;
        }

        if ((wish.write_flags & FUSE_WRITE_KILL_SUIDGID) != 0)
        {
            _ = AttributeOperations.DropSetIds(file.Node);
        }

        int written = Write(file, request.TakeBytes(wish.size), wish.offset, isWriteBack: (wish.write_flags & FUSE_WRITE_CACHE) != 0);
        return written < 0 ? written : Answer.Structure(reply, new fuse_write_out { size = (uint)written });
    }

    internal int Sync(ref FuseRequest request)
    {
        fuse_fsync_in wish = request.Take<fuse_fsync_in>();
        if (_open.Find(wish.fh) is not { } file)
        {
            return -EBADF;
        }

        // Who asks is read from /proc: not for files that nobody has pinned.
        HeldPages? held = file.Node.Held;
        if (held is not null || contract.PinsOf(file.Node.Identity).Count > 0)
        {
            contract.Syncing(file.Node.Identity, volume.ShownPath(file.Node), Callers.Of(request.Header), volume.HasDisk ? held?.TakeUntold() : null);
        }

        // fsync(2) tells one errno, and the log every failure: of a late write when it failed.
        int cleaned = held?.Clean(contract.HoldsBackWrites(file.Node.Identity, volume.ShownPath(file.Node))) ?? 0;
        if (cleaned < 0)
        {
            events.Warning(
                $"{volume.ShownPath(file.Node)}: what was held back of it could not be written to the backing file, and is kept: {ErrnoName.Describe(-cleaned)}");
        }

        int synced = cleaned < 0 ? cleaned : FileContents.Sync(file.Descriptor, (wish.fsync_flags & FUSE_FSYNC_FDATASYNC) != 0);
        int failed = file.Node.TakeLateFailure();
        if (failed != 0 && synced < 0 && cleaned >= 0)
        {
            events.Warning($"{volume.ShownPath(file.Node)}: fsync of the backing file failed: {ErrnoName.Describe(-synced)}");
        }

        return failed != 0 ? -failed : synced;
    }

    /// <summary>SEEK_DATA and SEEK_HOLE; the kernel does the others itself.</summary>
    internal int Seek(ref FuseRequest request, Span<byte> reply)
    {
        fuse_lseek_in wish = request.Take<fuse_lseek_in>();
        if (_open.Find(wish.fh) is not { } file)
        {
            return -EBADF;
        }

        long found = FileContents.Seek(file.Descriptor, (long)wish.offset, (int)wish.whence);
        return found < 0 ? (int)found : Answer.Structure(reply, new fuse_lseek_out { offset = (ulong)found });
    }

    /// <summary>
    /// copy_file_range, which a file system may carry out by sharing blocks. Where either range is pinned the answer is EXDEV, which
    /// makes the kernel copy bytes instead (fs/fuse/file.c): those are plain writes and concern nobody.
    /// </summary>
    internal int Copy(ref FuseRequest request, Span<byte> reply)
    {
        fuse_copy_file_range_in wish = request.Take<fuse_copy_file_range_in>();
        if (_open.Find(wish.fh_in) is not { } from || _open.Find(wish.fh_out) is not { } to)
        {
            return -EBADF;
        }

        ByteRange source = ByteRange.OfLength(wish.off_in, wish.len);
        ByteRange target = ByteRange.OfLength(wish.off_out, wish.len);
        if (contract.IsPinned(from.Node.Identity, source) || contract.IsPinned(to.Node.Identity, target))
        {
            return -EXDEV;
        }

        Requester caller = Callers.Of(request.Header);
        using LayoutDecision? given = AtOnce(from.Node, LayoutOperationKind.ReflinkFrom, source, caller);
        using LayoutDecision? taken = AtOnce(to.Node, LayoutOperationKind.ReflinkInto, target, caller);
        if (given is not { Verdict: LayoutVerdict.Proceed } || taken is not { Verdict: LayoutVerdict.Proceed })
        {
            given?.Settle(carriedOut: false);
            taken?.Settle(carriedOut: false);
            return -EXDEV;
        }

        // The answer counts in 32 bits.
        ulong count = Math.Min(wish.len, 1u << 30);
        long copied = FileContents.Copy(from.Descriptor, (long)wish.off_in, to.Descriptor, (long)wish.off_out, count);
        given.Settle(copied > 0);
        taken.Settle(copied > 0);
        return copied < 0 ? (int)copied : Answer.Structure(reply, new fuse_write_out { size = (uint)copied });
    }

    // What was changed of the range is clean from now on: what devices write to it is remembered.
    private int ReadDirect(OpenFile file, HeldPages held, Span<byte> into, ulong offset)
    {
        _ = contract.TakeWrites(file.Node.Identity, volume.ShownPath(file.Node), new ByteRange(0, 0));
        return held.ReadDirect(file.Descriptor, into, offset);
    }

    private int Write(OpenFile file, ReadOnlySpan<byte> bytes, ulong offset, bool isWriteBack)
    {
        HeldPages? held = file.Node.Held;
        if (!isWriteBack)
        {
            return held?.Write(file.Descriptor, bytes, offset) ?? FileContents.WriteAt(file.Descriptor, bytes, (long)offset);
        }

        if (held is null)
        {
            return FileContents.WriteAllAt(file.Descriptor, bytes, (long)offset);
        }

        // What lies in memory has no disk that it could be held back from.
        ByteRange range = ByteRange.OfLength(offset, (ulong)bytes.Length);
        DeviceWrites? written = volume.HasDisk ? contract.TakeWrites(file.Node.Identity, volume.ShownPath(file.Node), range) : null;
        return held.WriteBack(file.Descriptor, bytes, offset, written);
    }

    internal void CloseAll()
    {
        foreach (OpenFile file in _open.All)
        {
            file.Descriptor.Dispose();
        }
    }

    private LayoutDecision? AtOnce(Node node, LayoutOperationKind kind, ByteRange range, Requester caller)
    {
        ValueTask<LayoutDecision> asked = contract.RequestAsync(
            new LayoutOperation(node.Identity, volume.ShownPath(node), kind, range, caller), CancellationToken.None);
        if (asked.IsCompletedSuccessfully)
        {
            return asked.Result;
        }

        _ = asked.AsTask().ContinueWith(
            static late =>
            {
                late.Result.Settle(carriedOut: false);
                late.Result.Dispose();
            },
            TaskScheduler.Default);
        return null;
    }

    private int EntryAndOpen(SafeFileHandle descriptor, int flags, in fuse_in_header header, Span<byte> reply)
    {
        Node? node = null;
        statx status = default;
        int known = FileContents.Reopen(descriptor, O_PATH, out SafeFileHandle? handle);
        known = known < 0 ? known : names.Adopt(handle!, out node, out status);
        if (known < 0)
        {
            descriptor.Dispose();
            return known;
        }

        int entry = Answer.Entry(reply, node!, status);
        return entry + Answer.Structure(reply[entry..], Admit(node!, descriptor, flags, header));
    }

    private fuse_open_out Admit(Node node, SafeFileHandle descriptor, int flags, in fuse_in_header header)
    {
        OpenFile file = new(node, descriptor, (flags & O_ACCMODE) != O_RDONLY);
        lock (node.Gate)
        {
            (uint how, int backing) = backings.Opened(node, descriptor);

            // What is open for writing only cannot be mapped.
            if ((flags & O_ACCMODE) == O_RDWR)
            {
                punches?.OnOpening(node, (int)header.pid);
            }

            return new fuse_open_out { fh = _open.Add(file), open_flags = how, backing_id = backing };
        }
    }
}
