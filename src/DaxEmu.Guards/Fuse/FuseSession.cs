using System.Runtime.CompilerServices;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Served;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_fuse;

namespace DaxEmu.Guards.Fuse;

/// <summary>Serves a connection: takes requests up, has them carried out and answers them.</summary>
internal sealed class FuseSession : IDisposable
{
    private readonly FuseVolume _volume;
    private readonly FuseDevice _device;
    private readonly IGuardEvents _events;
    private readonly NameOperations _names;
    private readonly DirectoryOperations _directories;
    private readonly FileOperations _files;
    private readonly LayoutOperations _layout;
    private readonly PendingRequests _pending = new();
    private readonly RequestChannel _requests;
    private readonly ServingThread[] _threads;
    private volatile bool _ending;

    internal FuseSession(
        FuseVolume volume,
        FuseDevice device,
        IFileContract contract,
        IGuardEvents events,
        MappedPunchWatch? punches,
        FuseDataPath dataPath,
        int threads)
    {
        _volume = volume;
        _device = device;
        _events = events;
        _names = new NameOperations(volume, events);
        _directories = new DirectoryOperations(_names);
        _files = new FileOperations(volume, _names, new BackingIds(device, dataPath, events), contract, punches, events);
        _layout = new LayoutOperations(volume, _files, contract, _pending, AnswerLater);
        _requests = new RequestChannel(device.Descriptor, FuseHandshake.BufferSize, CarryOut);
        _threads =
        [
            .. Enumerable.Range(0, threads).Select(i => new ServingThread($"fuse {i}", FuseHandshake.BufferSize, t => Serve(t, _requests.Read))),
            new ServingThread("fuse spare", FuseHandshake.BufferSize, t => Serve(t, _requests.Take)),
        ];
    }

    internal void Start()
    {
        foreach (ServingThread thread in _threads)
        {
            thread.Thread.Start();
        }
    }

    /// <summary>
    /// Ends the serving threads of a connection that lives on out of sight: a request wakes each, and it goes once it has answered.
    /// </summary>
    /// <param name="root">A descriptor of the mount's root; taken over.</param>
    internal void EndThrough(SafeFileHandle root)
    {
        _ending = true;
        new Thread(() =>
        {
            // statfs(2) is always asked of the server. The last one may find nobody: it ends with the connection, when the device is closed.
            using (root)
            {
                while (_threads.Any(t => t.Thread.IsAlive) && FileStatus.FileSystem(root, out _) == 0)
                {
                }
            }
        })
        { IsBackground = true, Name = "fuse end" }.Start();
    }

    /// <summary>Joins the serving threads, which end when the connection does.</summary>
    internal bool Join(TimeSpan patience)
    {
        _requests.End();
        return _threads.All(t => t.Thread.Join(patience));
    }

    /// <summary>Answers all who wait for the contract, while the connection still carries answers.</summary>
    internal bool EndWaiting(TimeSpan patience) => _pending.End(patience);

    public void Dispose()
    {
        _files.CloseAll();
        _directories.CloseAll();
        _pending.Dispose();
        if (_threads.All(t => !t.Thread.IsAlive))
        {
            _requests.Dispose();
        }
    }

    private void Serve(ServingThread thread, Func<byte[], int> next)
    {
        ThreadIdentity.OwnUmask();
        while (!_ending)
        {
            int length = next(thread.Incoming);
            // ECONNABORTED: it ended while a request was being read (fs/fuse/dev.c, fuse_dev_do_read), or was made to end.
            if (length is -ENODEV or -ECONNABORTED)
            {
                return;
            }

            // EINTR, or ENOENT: the request was interrupted before it could be read.
            if (length >= 0)
            {
                Serve(thread, thread.Incoming.AsSpan(0, length));
            }
            else if (length is not (-EINTR or -ENOENT or -EAGAIN))
            {
                _events.Warning($"{_volume.MountPoint}: read(\"/dev/fuse\") failed: {Linux.ErrnoName.Describe(-length)}");
                return;
            }
        }
    }

    private void Serve(ServingThread thread, ReadOnlySpan<byte> message)
    {
        FuseRequest request = new(message);
        ulong unique = request.Header.unique;
        thread.CurrentUnique = unique;
        int answer;
        try
        {
            Settle(request);
            answer = Dispatch(thread, ref request, thread.Outgoing.AsSpan(FuseDevice.HeaderSize));
        }
        catch (InvalidDataException e)
        {
            _events.Warning($"{_volume.MountPoint}: a malformed request", e);
            answer = -EINVAL;
        }
#pragma warning disable CA1031 // One bad request must not end the service of all others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _events.Warning($"{_volume.MountPoint}: request {request.Header.opcode} failed unexpectedly", e);
            answer = -EIO;
        }

        thread.CurrentUnique = 0;
        if (answer is not (Answer.None or Answer.Later))
        {
            Reply(unique, answer, thread.Outgoing);
        }

        if (WritesBack(message))
        {
            _requests.Answered();
        }
    }

    // A write that the kernel takes for done. Its failure is told as the kernel tells one of write-back: by the next fsync(2).
    private void CarryOut(ReadOnlySpan<byte> message)
    {
        FuseRequest request = new(message);
        Node? node = _volume.Nodes.Find(request.Header.nodeid);
        int written;
        try
        {
            written = _files.Write(ref request, new byte[Unsafe.SizeOf<fuse_write_out>()]);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _events.Warning($"{_volume.MountPoint}: a delayed write failed unexpectedly", e);
            written = -EIO;
        }

        if (written < 0 && node is not null && node.LateFailure != -written)
        {
            // Once for all writes that a full disk, for one, makes fail until somebody has been told.
            node.LateFailure = -written;
            _events.Warning(
                $"{_volume.ShownPath(node)}: a write that the kernel takes for done failed: {Linux.ErrnoName.Describe(-written)}. The next fsync tells it");
        }
    }

    private static bool WritesBack(ReadOnlySpan<byte> message)
    {
        FuseRequest request = new(message);
        return request.Header.opcode == FUSE_WRITE && (request.Take<fuse_write_in>().write_flags & FUSE_WRITE_CACHE) != 0;
    }

    // What follows a write must see it, also when it is still to be carried out.
    private void Settle(FuseRequest request)
    {
        switch (request.Header.opcode)
        {
            case FUSE_READ:
                fuse_read_in wish = request.Take<fuse_read_in>();
                _requests.Settle(request.Header.nodeid, wish.offset, wish.size);
                break;
            case FUSE_WRITE when (request.Take<fuse_write_in>().write_flags & FUSE_WRITE_CACHE) == 0:
            case FUSE_SETATTR or FUSE_FSYNC or FUSE_FALLOCATE or FUSE_LSEEK or FUSE_COPY_FILE_RANGE or FUSE_RELEASE or FUSE_SYNCFS:
                _requests.Settle();
                break;
            default:
                break;
        }
    }

    private void Reply(ulong unique, int answer, Span<byte> message)
    {
        int sent = _device.Reply(unique, answer, message);
        if (sent is < 0 and not (-ENOENT or -ENODEV))
        {
            _events.Warning($"{_volume.MountPoint}: write(\"/dev/fuse\") failed: {Linux.ErrnoName.Describe(-sent)}");
        }
    }

    private void AnswerLater(ulong unique, Func<Memory<byte>, int> carryOut)
    {
        byte[] message = new byte[FuseDevice.HeaderSize + 256];
        int answer;
        try
        {
            answer = carryOut(message.AsMemory(FuseDevice.HeaderSize));
        }
#pragma warning disable CA1031 // As above.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _events.Warning($"{_volume.MountPoint}: a delayed request failed unexpectedly", e);
            answer = -EIO;
        }

        Reply(unique, answer, message);
    }

    private int Dispatch(ServingThread thread, ref FuseRequest request, Span<byte> reply)
    {
        switch (request.Header.opcode)
        {
            case FUSE_FORGET:
                _volume.Nodes.Forget(request.Header.nodeid, request.Take<fuse_forget_in>().nlookup);
                return Answer.None;
            case FUSE_BATCH_FORGET:
                return ForgetAll(ref request);
            case FUSE_INTERRUPT:
                _pending.Interrupt(request.Take<fuse_interrupt_in>().unique, _threads);
                return Answer.None;
            case FUSE_DESTROY:
                return 0;
            case FUSE_RELEASE:
                return _files.Release(ref request);
            case FUSE_RELEASEDIR:
                return _directories.Release(ref request);
            default:
                return _volume.Nodes.Find(request.Header.nodeid) is { } node ? Dispatch(node, thread, ref request, reply) : -ESTALE;
        }
    }

    private int Dispatch(Node node, ServingThread thread, ref FuseRequest request, Span<byte> reply) => request.Header.opcode switch
    {
        FUSE_LOOKUP => _names.Lookup(node, ref request, reply),
        FUSE_GETATTR => AttributeOperations.Get(node, reply),
        FUSE_SETATTR => _layout.SetAttributes(node, ref request, reply, thread),
        FUSE_READLINK => NameOperations.ReadLink(node, reply),
        FUSE_SYMLINK => _names.MakeSymbolicLink(node, ref request, reply),
        FUSE_MKNOD => _names.MakeNode(node, ref request, reply),
        FUSE_MKDIR => _names.MakeDirectory(node, ref request, reply),
        FUSE_UNLINK => NameOperations.Unlink(node, ref request),
        FUSE_RMDIR => NameOperations.RemoveDirectory(node, ref request),
        FUSE_RENAME => _names.Rename(node, ref request),
        FUSE_RENAME2 => _names.RenameWithFlags(node, ref request),
        FUSE_LINK => _names.Link(node, ref request, reply),
        FUSE_OPEN => _files.Open(node, ref request, reply),
        FUSE_CREATE => _files.Create(node, ref request, reply),
        FUSE_TMPFILE => _files.CreateUnnamed(node, ref request, reply),
        FUSE_READ => _files.Read(ref request, reply),
        FUSE_WRITE => _files.Write(ref request, reply),
        FUSE_FLUSH => 0,
        FUSE_FSYNC => _files.Sync(ref request),
        FUSE_FALLOCATE => _layout.Allocate(node, ref request, reply, thread),
        FUSE_LSEEK => _files.Seek(ref request, reply),
        FUSE_COPY_FILE_RANGE => _files.Copy(ref request, reply),
        FUSE_OPENDIR => _directories.Open(node, reply),
        FUSE_READDIR => _directories.Read(ref request, reply, plus: false),
        FUSE_READDIRPLUS => _directories.Read(ref request, reply, plus: true),
        FUSE_FSYNCDIR => _directories.Sync(ref request),
        FUSE_SYNCFS => SyncAll(node),
        FUSE_STATFS => AttributeOperations.FileSystem(node, reply),
        FUSE_GETXATTR => AttributeOperations.GetExtended(node, ref request, reply),
        FUSE_LISTXATTR => AttributeOperations.ListExtended(node, ref request, reply),
        FUSE_SETXATTR => AttributeOperations.SetExtended(node, ref request),
        FUSE_REMOVEXATTR => AttributeOperations.RemoveExtended(node, ref request),
        FUSE_IOCTL => -ENOTTY,
        _ => -ENOSYS,
    };

    private int ForgetAll(ref FuseRequest request)
    {
        uint count = request.Take<fuse_batch_forget_in>().count;
        for (uint i = 0; i < count; i++)
        {
            fuse_forget_one one = request.Take<fuse_forget_one>();
            _volume.Nodes.Forget(one.nodeid, one.nlookup);
        }

        return Answer.None;
    }

    // syncfs(2) takes no O_PATH descriptor.
    private static int SyncAll(Node node)
    {
        int opened = FileContents.Reopen(node.Handle, 0, out SafeFileHandle? descriptor);
        using (descriptor)
        {
            return opened < 0 ? opened : FileContents.SyncFileSystem(descriptor!);
        }
    }
}
