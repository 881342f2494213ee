using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_falloc;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// Pages of a file that only a device changed since they were clean: whoever reads the file sees them, the backing file does not have them
/// (<see cref="Policy.Legacy"/>). On a real kernel they lie in the page cache and are not marked as changed, so that no fsync writes them; here
/// the store of the device did mark them, in the mount's page cache, and when they are written back they are held in a memory file instead.
/// </summary>
/// <remarks>
/// Which pages a real kernel has marked as changed, by a program's write(2) or because a region came or went, is kept beside them. A store of
/// a program through a mapping is told by what it changed: bytes that no device wrote. Results are 0 or more, or a negated errno.
/// </remarks>
/// <param name="backing">The backing file, open for reading and writing; owned.</param>
internal sealed class HeldPages(SafeFileHandle backing) : IDisposable
{
    // Sparse: no file is longer.
    private const long MemoryLength = long.MaxValue & ~0xffffL;
    private static readonly int PageSize = (int)PageRounding.PageSize;

    private readonly Lock _gate = new();
    private readonly PageSet _held = new();
    private readonly PageSet _changed = new();
    private readonly PageSet _untold = new();
    private readonly List<ByteRange> _cuts = [];
    private readonly byte[] _before = new byte[PageSize];
    private readonly byte[] _page = new byte[PageSize];
    private SafeFileHandle? _memory;
    private bool _isDisposed;

    private delegate int WritesAt(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset);

    /// <summary>True when the backing file has all bytes.</summary>
    internal bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _held.IsEmpty;
            }
        }
    }

    /// <summary>Reads for the mount's page cache: what the file shows.</summary>
    internal int Read(SafeFileHandle file, Span<byte> into, ulong offset)
    {
        lock (_gate)
        {
            int count = FileContents.ReadAt(file, into, (long)offset);
            foreach (ByteRange held in count > 0 ? _held.Within(ByteRange.OfLength(offset, (ulong)count)) : [])
            {
                int read = FileContents.ReadAt(_memory!, into.Slice((int)(held.Start - offset), (int)held.Length), (long)held.Start);
                if (read < (int)held.Length)
                {
                    return read < 0 ? read : -EIO;
                }
            }

            return count;
        }
    }

    /// <summary>Reads past all page caches: what is on the disk. Before it the kernel has written back what was changed in the range.</summary>
    internal int ReadDirect(SafeFileHandle file, Span<byte> into, ulong offset)
    {
        lock (_gate)
        {
            _changed.Remove(PageRounding.Touched(ByteRange.OfLength(offset, (ulong)into.Length)));
            return FileContents.ReadAt(file, into, (long)offset);
        }
    }

    /// <summary>Writes for a program: its pages count as changed, and so are written as they are.</summary>
    internal int Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, ulong offset)
    {
        lock (_gate)
        {
            int written = WriteThrough(file, bytes, offset, FileContents.WriteAt);
            _changed.Add(PageRounding.Touched(ByteRange.OfLength(offset, (ulong)Math.Max(written, 0))));
            return written;
        }
    }

    /// <summary>Takes pages that the kernel writes back from the mount's page cache.</summary>
    /// <param name="file">The backing file, open for writing.</param>
    /// <param name="bytes">The pages, whole but for the one with the end of the file.</param>
    /// <param name="offset">Where they begin.</param>
    /// <param name="written">What devices wrote of them; null when all is to be written.</param>
    /// <returns>
    /// How many bytes: all. The kernel takes pages for written back when it is told of no failure, however few bytes it is told of.
    /// </returns>
    internal int WriteBack(SafeFileHandle file, ReadOnlySpan<byte> bytes, ulong offset, DeviceWrites? written)
    {
        lock (_gate)
        {
            ByteRange range = ByteRange.OfLength(offset, (ulong)bytes.Length);
            if (_cuts.Exists(cut => cut.Overlaps(range)))
            {
                bytes = WithoutCuts(bytes, range);
            }

            if (_isDisposed || written is null)
            {
                return WriteThrough(file, bytes, offset, FileContents.WriteAllAt);
            }

            ulong size = SizeOf(backing);
            int done = 0;
            while (done < bytes.Length)
            {
                int run = 0;
                bool isHeld = false;
                while (done + run < bytes.Length)
                {
                    int length = Math.Min(PageSize - (int)((offset + (ulong)(done + run)) % (ulong)PageSize), bytes.Length - done - run);
                    bool isNextHeld = IsOnlyTheDevices(bytes.Slice(done + run, length), offset + (ulong)(done + run), size, written);
                    if (run > 0 && isNextHeld != isHeld)
                    {
                        break;
                    }

                    isHeld = isNextHeld;
                    run += length;
                }

                ReadOnlySpan<byte> pages = bytes.Slice(done, run);
                ulong at = offset + (ulong)done;
                int taken = isHeld && TryHold(pages, at) ? run : WriteThrough(file, pages, at, FileContents.WriteAllAt);
                if (taken < 0)
                {
                    return taken;
                }

                done += run;
            }

            return done;
        }
    }

    /// <summary>
    /// A region that may write has come or gone, and marked its pages as changed; or a device makes them durable itself. None of them is held back any more.
    /// </summary>
    internal int Change(ByteRange range)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return 0;
            }

            _changed.Add(PageRounding.Touched(range));
            return WriteOut(range);
        }
    }

    /// <summary>
    /// Before bytes leave the file: pages that are cut in part count as changed. Until <see cref="EndCut"/> the bytes are zeros, whatever is
    /// written back of them: the kernel drops them from the mount's page cache only when it has the answer.
    /// </summary>
    internal int BeginCut(ByteRange range)
    {
        lock (_gate)
        {
            _cuts.Add(range);
            foreach (ByteRange part in PartsOfPages(range))
            {
                _changed.Add(part);
                int done = WriteOut(part);
                if (done < 0)
                {
                    return done;
                }
            }

            return 0;
        }
    }

    /// <summary>They have left it, or could not; and the devices do not reach them any more.</summary>
    internal void EndCut(ByteRange range, bool isCut)
    {
        lock (_gate)
        {
            _cuts.Remove(range);
            if (isCut)
            {
                Forget(WholePages(range));
            }
        }
    }

    /// <summary>The pages that were held back since this was asked last, by first byte.</summary>
    internal IReadOnlyList<ByteRange> TakeUntold()
    {
        lock (_gate)
        {
            ByteRange[] untold = [.. _untold.Ranges];
            _untold.Clear();
            return untold;
        }
    }

    /// <summary>A program makes the file durable: what was changed has been written back, and is clean from now on.</summary>
    /// <param name="holdsBack">False when the policy is another one now: then nothing is held back.</param>
    internal int Clean(bool holdsBack)
    {
        lock (_gate)
        {
            // Pages that should have been written before, and could not.
            foreach (ByteRange late in holdsBack ? [.. _changed.Ranges] : (ByteRange[])[ByteRange.From(0)])
            {
                int done = WriteOut(late);
                if (done < 0)
                {
                    return done;
                }
            }

            _changed.Clear();
            return 0;
        }
    }

    /// <summary>Ends it unless something is held; what is written back from then on goes to the backing file.</summary>
    internal bool TryEnd()
    {
        lock (_gate)
        {
            if (_held.IsEmpty)
            {
                Dispose();
            }

            return _isDisposed;
        }
    }

    /// <summary>Ends it. What is still held is lost, as in a crash.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _held.Clear();
            _memory?.Dispose();
            backing.Dispose();
        }
    }

    private static ulong SizeOf(SafeFileHandle file) =>
        FileStatus.Status(file, linux_stat.STATX_SIZE, out statx status) < 0 ? 0 : status.stx_size;

    // The open end of a truncate takes the page with the end of the file whole.
    private static ByteRange WholePages(ByteRange range)
    {
        ulong start = PageRounding.Touched(ByteRange.OfLength(0, range.Start)).End;
        ulong end = range.End == ulong.MaxValue ? range.End : range.End & ~(PageRounding.PageSize - 1);
        return new(start, Math.Max(start, end));
    }

    private static IEnumerable<ByteRange> PartsOfPages(ByteRange range)
    {
        ByteRange touched = PageRounding.Touched(range);
        ByteRange whole = WholePages(range);
        if (whole.IsEmpty)
        {
            return range.IsEmpty ? [] : [touched];
        }

        ByteRange[] parts = [new(touched.Start, whole.Start), new(whole.End, Math.Max(whole.End, touched.End))];
        return parts.Where(p => !p.IsEmpty);
    }

    private byte[] WithoutCuts(ReadOnlySpan<byte> bytes, ByteRange range)
    {
        byte[] rest = bytes.ToArray();
        foreach (ByteRange cut in _cuts.Select(c => c.IntersectWith(range)))
        {
            rest.AsSpan((int)(cut.IsEmpty ? 0 : cut.Start - range.Start), (int)cut.Length).Clear();
        }

        return rest;
    }

    // Judged by content where no bit tells: a page that was written back before, or lies in the same folio as one that a device wrote.
    private bool IsOnlyTheDevices(ReadOnlySpan<byte> bytes, ulong page, ulong size, DeviceWrites written)
    {
        bool isWhole = page % (ulong)PageSize == 0 && (bytes.Length == PageSize || page + (ulong)bytes.Length >= size);
        bool isHeld = _held.Contains(page);
        if (!isWhole || _changed.Contains(page) || !(isHeld || written.IsAnyIn(page)))
        {
            return false;
        }

        int read = FileContents.ReadAt(isHeld ? _memory! : backing, _before, (long)page);
        _before.AsSpan(Math.Max(read, 0)).Clear();
        return read >= 0 && !written.IsChangedByOthers(page, _before, bytes);
    }

    private bool TryHold(ReadOnlySpan<byte> bytes, ulong offset)
    {
        try
        {
            _memory ??= MemoryFile.CreateSealed("daxemu-held", MemoryLength);
        }
        catch (LinuxException)
        {
            return false;
        }

        ByteRange pages = PageRounding.Touched(ByteRange.OfLength(offset, (ulong)bytes.Length));
        if (FileContents.WriteAt(_memory, bytes, (long)offset) < bytes.Length || !TryClearTail(offset + (ulong)bytes.Length, pages.End))
        {
            // No memory is left: what is there of them is not known.
            Forget(pages);
            return false;
        }

        _held.Add(pages);
        _untold.Add(pages);
        return true;
    }

    // Behind the end of the file, which may grow.
    private bool TryClearTail(ulong from, ulong to)
    {
        if (from == to)
        {
            return true;
        }

        Span<byte> zeros = _page.AsSpan(0, (int)(to - from));
        zeros.Clear();
        return FileContents.WriteAt(_memory!, zeros, (long)from) == zeros.Length;
    }

    private int WriteThrough(SafeFileHandle file, ReadOnlySpan<byte> bytes, ulong offset, WritesAt write)
    {
        ByteRange range = ByteRange.OfLength(offset, (ulong)bytes.Length);
        int done = WriteOut(range);
        int written = done < 0 ? done : write(file, bytes, (long)offset);
        if (written == bytes.Length)
        {
            _changed.Remove(PageRounding.Touched(range));
        }

        return written;
    }

    // Pages that touch the range go to the backing file, as far as it goes.
    private int WriteOut(ByteRange range)
    {
        if (_held.IsEmpty)
        {
            return 0;
        }

        ulong size = SizeOf(backing);
        foreach (ByteRange held in _held.Within(PageRounding.Touched(range)))
        {
            for (ulong page = held.Start; page < held.End; page += (ulong)PageSize)
            {
                int length = page < size ? (int)Math.Min((ulong)PageSize, size - page) : 0;
                int read = FileContents.ReadAt(_memory!, _page, (long)page);
                int written = read < 0 ? read : FileContents.WriteAllAt(backing, _page.AsSpan(0, length), (long)page);
                if (written < 0)
                {
                    return written;
                }
            }

            Forget(held);
        }

        return 0;
    }

    private void Forget(ByteRange pages)
    {
        foreach (ByteRange held in _held.Within(pages))
        {
            _ = FileContents.Allocate(_memory!, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (long)held.Start, (long)held.Length);
        }

        _held.Remove(pages);
        _untold.Remove(pages);
    }
}
