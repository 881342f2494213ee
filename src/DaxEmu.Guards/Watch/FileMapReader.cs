using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_fiemap;
using static DaxEmu.Abi.linux_fs;
using static DaxEmu.Abi.linux_stat;
using static DaxEmu.Abi.unistd;

namespace DaxEmu.Guards.Watch;

/// <summary>
/// Reads where a file's bytes lie: FIEMAP; where the filesystem has none, SEEK_DATA and SEEK_HOLE. It waits for nothing but the
/// filesystem and who else reads.
/// </summary>
internal sealed class FileMapReader : IFileMapReader
{
    private const uint Placeless = FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_ENCODED | FIEMAP_EXTENT_DATA_ENCRYPTED
        | FIEMAP_EXTENT_NOT_ALIGNED | FIEMAP_EXTENT_DATA_INLINE;

    private readonly Lock _reading = new();
    private readonly SafeFileHandle _file;
    private readonly fiemap_extent[] _extents = new fiemap_extent[256];

    // Seeking moves the offset that a duplicate shares with its original.
    private readonly bool _canSeek;

    // Null before the first look: asking may wait for a long operation on the file.
    private bool? _isMapped;
    private bool _isDax;

    /// <summary>Prepares to look at a file.</summary>
    /// <param name="descriptor">A descriptor of it, open for reading; may be closed afterwards.</param>
    /// <exception cref="DaxEmu.Linux.LinuxException">It cannot be asked.</exception>
    internal FileMapReader(SafeFileHandle descriptor)
    {
        // A duplicate would keep the client's flock(2), and the file from being executed, until the last pin of anybody has gone. Who may not
        // open the file has no choice.
        _canSeek = FileContents.Reopen(descriptor, fcntl.O_RDONLY | fcntl.O_NONBLOCK, out SafeFileHandle? own) >= 0;
        _file = own ?? Duplicate(descriptor);
        try
        {
            BlocksStay = DescriptorStatus.KeepsBlocks(_file);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool BlocksStay { get; }

    /// <inheritdoc/>
    public SafeFileHandle File => _file;

    /// <inheritdoc/>
    public FileMap Read(ByteRange range)
    {
        lock (_reading)
        {
            return ReadAlone(range);
        }
    }

    public void Dispose() => _file.Dispose();

    private FileMap ReadAlone(ByteRange range)
    {
        FileMap map = new();
        if (FileStatus.Status(_file, STATX_SIZE, out statx status) < 0)
        {
            return map;
        }

        // A filesystem without the flag does not know the call either.
        _isDax = InodeFlags.GetExtended(_file, out fsxattr attributes) == 0 && (attributes.fsx_xflags & FS_XFLAG_DAX) != 0;
        ulong size = status.stx_size;
        ByteRange inFile = range.IntersectWith(new(0, size));
        bool isRead = IsMapped() ? ReadExtents(inFile, map) : _canSeek ? ReadBySeeking(inFile, map) : ReadNothing(inFile, map);
        if (!isRead)
        {
            return new FileMap();
        }

        map.Add(new(range.IntersectWith(ByteRange.From(size)), new(ByteState.BeyondEnd)));
        return map;
    }

    private static SafeFileHandle Duplicate(SafeFileHandle descriptor)
    {
        int duplicated = FileContents.Duplicate(descriptor, out SafeFileHandle? file);
        return duplicated < 0 ? throw new Linux.LinuxException("fcntl(F_DUPFD_CLOEXEC)", -duplicated) : file!;
    }

    private bool IsMapped()
    {
        _isMapped ??= FileExtents.Read(_file, 0, 1, _extents) >= 0;
        return _isMapped.Value;
    }

    private bool ReadExtents(ByteRange range, FileMap map)
    {
        ulong next = range.Start;
        while (next < range.End)
        {
            int found = FileExtents.Read(_file, next, range.End - next, _extents);
            if (found < 0)
            {
                return false;
            }

            if (found == 0)
            {
                break;
            }

            ulong before = next;
            foreach (fiemap_extent extent in _extents.AsSpan(0, found))
            {
                PlacedBytes bytes = new PlacedBytes(ByteRange.OfLength(extent.fe_logical, extent.fe_length), PlaceOf(extent))
                    .Within(new(next, range.End));
                if (!bytes.Range.IsEmpty)
                {
                    map.Add(new(new(next, bytes.Range.Start), Hole));
                    map.Add(bytes);
                    next = bytes.Range.End;
                }
            }

            if (next == before || (_extents[found - 1].fe_flags & FIEMAP_EXTENT_LAST) != 0)
            {
                break;
            }
        }

        map.Add(new(new(next, Math.Max(next, range.End)), Hole));
        return true;
    }

    private BytePlace Hole => new(ByteState.Hole, IsDax: _isDax);

    private BytePlace PlaceOf(fiemap_extent extent)
    {
        uint flags = extent.fe_flags;
        ByteState state = (flags & FIEMAP_EXTENT_DELALLOC) != 0 ? ByteState.Cached
            : (flags & FIEMAP_EXTENT_UNWRITTEN) != 0 ? ByteState.Unwritten
            : ByteState.Written;
        return new(state, (flags & Placeless) != 0 ? null : extent.fe_physical, (flags & FIEMAP_EXTENT_SHARED) != 0, _isDax);
    }

    // Its size alone is seen.
    private bool ReadNothing(ByteRange range, FileMap map)
    {
        map.Add(new(range, Hole));
        return true;
    }

    private bool ReadBySeeking(ByteRange range, FileMap map)
    {
        ulong next = range.Start;
        while (next < range.End)
        {
            long data = FileContents.Seek(_file, (long)next, SEEK_DATA);
            if (data < 0)
            {
                // No data behind it.
                if (data != -ENXIO)
                {
                    return false;
                }

                break;
            }

            long hole = FileContents.Seek(_file, data, SEEK_HOLE);
            if (hole < 0)
            {
                // The file was cut between the two.
                break;
            }

            ByteRange bytes = new ByteRange((ulong)data, (ulong)hole).IntersectWith(new(next, range.End));
            map.Add(new(new(next, Math.Min((ulong)data, range.End)), Hole));
            map.Add(new(bytes, new(ByteState.Written, IsDax: _isDax)));
            next = Math.Max((ulong)hole, next + 1);
        }

        map.Add(new(new(Math.Min(next, range.End), range.End), Hole));
        return true;
    }
}
