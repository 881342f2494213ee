using System.Runtime.InteropServices;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Served;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Linux.Memory;

/// <summary>Byte ranges of several files, mapped shared and next to one another, so that they are one range of memory.</summary>
public sealed unsafe class JoinedMapping : IDisposable
{
    private readonly Lock _lock = new();
    private readonly nuint _reservedLength;
    private readonly MemoryProtection _protection;

    // The files among the parts that a program serves, which may be this one. Unmapping pages of such a file waits until the changed ones have
    // been written back, with the process's memory map locked (see WriteBackGate). Most are written back before, when nothing is locked.
    private readonly List<SafeFileHandle> _served = [];
    private void* _reserved;

    private JoinedMapping(void* reserved, nuint reservedLength, MemoryProtection protection)
    {
        _reserved = reserved;
        _reservedLength = reservedLength;
        _protection = protection;
    }

    /// <summary>Address of the first byte of the first part.</summary>
    public nint Address { get; private set; }

    /// <summary>
    /// Maps the parts in order. Each but the first begins on a page of its file, and each but the last ends on one.
    /// </summary>
    /// <param name="parts">One or more; bytes past the end of a file raise SIGBUS when touched.</param>
    /// <param name="protection">What the memory is for; the descriptors must be open for it.</param>
    /// <param name="alignment">A power of two, at least a page: what hugetlb pages among the parts need.</param>
    /// <param name="phase">
    /// The first page's address and that of the page that holds this one have the same remainder by <paramref name="alignment"/>.
    /// </param>
    /// <exception cref="ArgumentException">The parts do not meet on pages.</exception>
    /// <exception cref="LinuxException">
    /// mmap(2) failed: EACCES when a descriptor is not open for it, EOPNOTSUPP when MAP_SYNC is wanted and cannot be had, ENODEV, ENOMEM.
    /// Nothing is mapped then.
    /// </exception>
    public static JoinedMapping Map(IReadOnlyList<MappingPart> parts, MemoryProtection protection, nuint alignment, nuint phase)
    {
        ArgumentNullException.ThrowIfNull(parts);
        nuint page = (nuint)Environment.SystemPageSize;
        nuint slack = (nuint)parts[0].Offset % page;
        nuint span = Span(parts, page);
        byte* at = Reserve(span, alignment, phase & ~(page - 1));
        JoinedMapping mapping = new(at, span, protection) { Address = (nint)(at + slack) };
        try
        {
            foreach (MappingPart part in parts)
            {
                at = MapPart(part, at, page, protection);
                if (DescriptorStatus.IsServed(part.File))
                {
                    mapping._served.Add(DescriptorStatus.Duplicate(part.File));
                }
            }

            return mapping;
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    /// <summary>Puts pages of another file in the place of some; whoever touches them meanwhile may see either.</summary>
    /// <param name="address">The first page.</param>
    /// <param name="length">Bytes, whole pages.</param>
    /// <param name="file">Where the new ones are from.</param>
    /// <param name="offset">Their first byte there, on a page.</param>
    /// <returns>False when the mapping was disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Not all of it lies in the mapping.</exception>
    /// <exception cref="LinuxException">mmap(2) failed: ENOMEM at the process's limit of mappings. Nothing has changed then.</exception>
    public bool Replace(nint address, nuint length, SafeFileHandle file, long offset)
    {
        WriteBack();
        lock (_lock)
        {
            if (_reserved is null)
            {
                return false;
            }

            nuint start = (nuint)address - (nuint)_reserved;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(start, _reservedLength, nameof(address));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _reservedLength - start);
            int errno = Unmapping(() => MemoryCalls.Mmap((void*)address, length, (int)_protection, MAP_SHARED | MAP_FIXED, file, offset) == (void*)-1);
            return errno == 0 ? true : throw new LinuxException($"mmap({length} bytes, {_protection}, MAP_FIXED, offset {offset})", errno);
        }
    }

    /// <summary>Brings pages into memory, as touching them would (madvise(2), MADV_POPULATE_READ and _WRITE).</summary>
    /// <param name="offset">Of the first byte, from <see cref="Address"/>.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="forWriting">As a store would: blocks are allocated.</param>
    /// <returns>0, or the errno: EFAULT past the end of a file. A kernel that knows no such advice (before 5.14) has taken it.</returns>
    public int Populate(nint offset, nuint length, bool forWriting)
    {
        lock (_lock)
        {
            if (_reserved is null)
            {
                return 0;
            }

            nuint page = (nuint)Environment.SystemPageSize;
            nuint start = (nuint)(Address + offset);
            nuint slack = start % page;
            int failed = MemoryCalls.Madvise((void*)(start - slack), length + slack, forWriting ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
            int errno = failed == 0 ? 0 : Marshal.GetLastPInvokeError();
            return errno == EINVAL ? 0 : errno;
        }
    }

    /// <summary>As <see cref="MemoryFile.CopyPages"/>, of pages of this mapping.</summary>
    /// <returns>The parts that were copied; null when the mapping was disposed.</returns>
    public IReadOnlyList<(nuint Start, nuint Length)>? CopyPages(nint address, nuint length, SafeFileHandle file, long offset)
    {
        lock (_lock)
        {
            return _reserved is null ? null : MemoryFile.CopyPages(file, offset, address, length);
        }
    }

    /// <summary>Unmaps all parts.</summary>
    public void Dispose()
    {
        WriteBack();
        lock (_lock)
        {
            if (_reserved is not null)
            {
                _ = Unmapping(() => MemoryCalls.Munmap(_reserved, _reservedLength) != 0);
                _reserved = null;
                _served.ForEach(file => file.Dispose());
            }
        }
    }

    // Returns 0 or the errno.
    private int Unmapping(Func<bool> fails)
    {
        int Do() => fails() ? Marshal.GetLastPInvokeError() : 0;
        return _served.Count == 0 ? Do() : WriteBackGate.Unmap(Do);
    }

    // What other programs change right afterwards is waited for all the same: this makes the wait short, and rare.
    private void WriteBack()
    {
        try
        {
            foreach (SafeFileHandle file in _served)
            {
                _ = FileContents.WriteBack(file);
            }
        }
        catch (ObjectDisposedException)
        {
            // Whoever disposed the mapping meanwhile has written them back.
        }
    }

    // Address space of that alignment and nothing around it: the number of mappings of a process is limited.
    private static byte* Reserve(nuint length, nuint alignment, nuint phase)
    {
        nuint reserved = checked(length + alignment);
        using SafeFileHandle nothing = new(-1, ownsHandle: false);
        byte* start = (byte*)MemoryCalls.Mmap(null, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, nothing, 0);
        if (start == (byte*)-1)
        {
            throw LinuxException.FromLastError($"mmap({reserved} bytes, PROT_NONE)");
        }

        nuint before = (phase - (nuint)start) & (alignment - 1);
        if (before != 0)
        {
            _ = MemoryCalls.Munmap(start, before);
        }

        _ = MemoryCalls.Munmap(start + before + length, alignment - before);
        return start + before;
    }

    private static byte* MapPart(MappingPart part, byte* at, nuint page, MemoryProtection protection)
    {
        nuint slack = (nuint)part.Offset % page;
        nuint length = Pages(slack + (nuint)part.Length, page);
        int flags = part.Sync ? MAP_SHARED_VALIDATE | MAP_SYNC : MAP_SHARED;
        void* mapped = MemoryCalls.Mmap(at, length, (int)protection, flags | MAP_FIXED, part.File, part.Offset - (long)slack);
        if (mapped == (void*)-1)
        {
            int errno = Marshal.GetLastPInvokeError();

            // EINVAL: the filesystem does not know MAP_SYNC at all.
            throw new LinuxException(
                $"mmap({length} bytes, {protection}, {(part.Sync ? "MAP_SYNC, " : "")}MAP_FIXED, offset {part.Offset})",
                part.Sync && errno == EINVAL ? EOPNOTSUPP : errno);
        }

        return at + length;
    }

    // Pages from the first part's first to the last part's last.
    private static nuint Span(IReadOnlyList<MappingPart> parts, nuint page)
    {
        nuint span = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(parts[i].Offset);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parts[i].Length);
            nuint slack = (nuint)parts[i].Offset % page;
            if ((i > 0 && slack != 0) || (i < parts.Count - 1 && (slack + (nuint)parts[i].Length) % page != 0))
            {
                throw new ArgumentException("parts that are mapped next to one another meet on pages", nameof(parts));
            }

            span = checked(span + Pages(slack + (nuint)parts[i].Length, page));
        }

        return span;
    }

    private static nuint Pages(nuint bytes, nuint page) => checked(bytes + page - 1) & ~(page - 1);
}
