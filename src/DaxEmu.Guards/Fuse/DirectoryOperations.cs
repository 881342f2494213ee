using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_fuse;

namespace DaxEmu.Guards.Fuse;

/// <summary>Listing directories.</summary>
internal sealed class DirectoryOperations(NameOperations names)
{
    private const int SeekSet = 0;

    // struct linux_dirent64: ino, off, reclen, type, name (getdents(2)).
    private const int OffsetOfOff = 8;
    private const int OffsetOfRecordLength = 16;
    private const int OffsetOfType = 18;
    private const int OffsetOfName = 19;
    private static readonly int EntrySize = Unsafe.SizeOf<fuse_entry_out>();
    private static readonly int DirentSize = Unsafe.SizeOf<fuse_dirent>();
    private readonly HandleTable<OpenDirectory> _open = new();

    internal int Open(Node node, Span<byte> reply)
    {
        int opened = FileContents.Reopen(node.Handle, OpenFlags.Directory, out SafeFileHandle? descriptor);
        return opened < 0
            ? opened
            : Answer.Structure(reply, new fuse_open_out { fh = _open.Add(new OpenDirectory(node, descriptor!)) });
    }

    internal int Release(ref FuseRequest request)
    {
        if (_open.Remove(request.Take<fuse_release_in>().fh, out OpenDirectory? directory))
        {
            directory.Descriptor.Dispose();
        }

        return 0;
    }

    internal int Sync(ref FuseRequest request)
    {
        fuse_fsync_in wish = request.Take<fuse_fsync_in>();
        return _open.Find(wish.fh) is { } directory
            ? FileContents.Sync(directory.Descriptor, (wish.fsync_flags & FUSE_FSYNC_FDATASYNC) != 0)
            : -EBADF;
    }

    /// <summary>READDIR, or READDIRPLUS, which looks every name up as well.</summary>
    internal int Read(ref FuseRequest request, Span<byte> reply, bool plus)
    {
        fuse_read_in wish = request.Take<fuse_read_in>();
        if (_open.Find(wish.fh) is not { } directory)
        {
            return -EBADF;
        }

        lock (directory.Gate)
        {
            return Fill(directory, (long)wish.offset, reply[..(int)Math.Min(wish.size, (uint)reply.Length)], plus);
        }
    }

    internal void CloseAll()
    {
        foreach (OpenDirectory directory in _open.All)
        {
            directory.Descriptor.Dispose();
        }
    }

    private int Fill(OpenDirectory directory, long offset, Span<byte> reply, bool plus)
    {
        if (offset != directory.Position && FileContents.Seek(directory.Descriptor, offset, SeekSet) is < 0 and long failed)
        {
            return (int)failed;
        }

        int read = FileContents.ReadDirectory(directory.Descriptor, directory.Entries);
        int used = 0;
        long reached = offset;
        ReadOnlySpan<byte> rest = directory.Entries.AsSpan(0, Math.Max(read, 0));
        while (rest.Length > 0)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(rest[OffsetOfRecordLength..]);
            int written = Write(directory.Node, rest[..length], reply[used..], plus);
            if (written == 0)
            {
                break;
            }

            reached = BinaryPrimitives.ReadInt64LittleEndian(rest[OffsetOfOff..]);
            used += written;
            rest = rest[length..];
        }

        // What did not fit is read again by the next request, which names the offset it wants.
        directory.Position = rest.IsEmpty ? reached : -1;
        return read < 0 ? read : used;
    }

    /// <summary>Writes one entry, or nothing where it does not fit.</summary>
    private int Write(Node parent, ReadOnlySpan<byte> entry, Span<byte> reply, bool plus)
    {
        ReadOnlySpan<byte> name = entry[OffsetOfName..];
        name = name[..(name.IndexOf((byte)0) + 1)];
        int head = plus ? EntrySize : 0;
        int length = (head + DirentSize + name.Length - 1 + 7) & ~7;
        if (length > reply.Length)
        {
            return 0;
        }

        reply[..length].Clear();
        MemoryMarshal.Write(reply[head..], new fuse_dirent
        {
            ino = ShownInode(BinaryPrimitives.ReadUInt64LittleEndian(entry)),
            off = BinaryPrimitives.ReadUInt64LittleEndian(entry[OffsetOfOff..]),
            namelen = (uint)name.Length - 1,
            type = entry[OffsetOfType],
        });
        name[..^1].CopyTo(reply[(head + DirentSize)..]);
        if (plus && !IsDots(name) && names.Find(parent, name, out Node? node, out statx status) == 0)
        {
            MemoryMarshal.Write(reply, Answer.EntryOf(node!, status));
            MemoryMarshal.Write(reply[head..], node!.ShownInode);
        }

        return length;
    }

    // A listing need not be exact for files of other devices; an inode number of 0 would make readdir(3) skip the entry.
    private static ulong ShownInode(ulong inode) => inode == 0 ? ulong.MaxValue : inode;

    private static bool IsDots(ReadOnlySpan<byte> name) => name.SequenceEqual(".\0"u8) || name.SequenceEqual("..\0"u8);
}
