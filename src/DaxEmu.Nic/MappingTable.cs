using System.Runtime.InteropServices;
using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>
/// Where shared memory lies in this process: an unmanaged array from mapping index to base and length. Rings and regions name an index
/// and an offset, so that engines in several processes can work on them although their addresses differ.
/// </summary>
public sealed unsafe class MappingTable : IDisposable
{
    // Addresses of memory that is not mapped here are told from those of memory that is: no address of a program has this bit.
    private const ulong Unmapped = 1UL << 63;
    private const int UnmappedIndexShift = 40;

    private readonly Entry* _entries;
    private readonly Stack<int> _free = new();
    private readonly Lock _lock = new();
    private int _used;

    /// <summary>Makes a table.</summary>
    /// <param name="capacity">Most mappings at one time.</param>
    public MappingTable(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        Capacity = capacity;
        _entries = (Entry*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(Entry));
    }

    /// <summary>Frees the array of a table that was not disposed.</summary>
    ~MappingTable() => NativeMemory.Free(_entries);

    /// <summary>Most mappings at one time.</summary>
    public int Capacity { get; }

    /// <summary>Mappings held now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _used - _free.Count;
            }
        }
    }

    /// <summary>Enters a mapping.</summary>
    /// <param name="address">Its first byte in this process.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>Its index, or ENOMEM when the table is full.</returns>
    public NicResult<int> Add(nint address, nuint length)
    {
        ArgumentOutOfRangeException.ThrowIfZero(address);
        return AddEntry(address, length);
    }

    /// <summary>Enters memory that this process cannot map: <see cref="IUnmappedMemory"/> reaches it.</summary>
    /// <param name="length">Its bytes.</param>
    /// <returns>Its index; EINVAL when it is too long for such memory, ENOMEM when the table is full.</returns>
    public NicResult<int> AddUnmapped(nuint length) => length >= 1UL << UnmappedIndexShift
        ? new NicError(Abi.errno.EINVAL, $"{length} bytes are too many for memory that cannot be mapped")
        : AddEntry(0, length);

    /// <summary>Whether an address is that of memory that this process cannot map, and then where it lies.</summary>
    /// <param name="address">From <see cref="Resolve(int, ulong, ulong)"/>.</param>
    /// <param name="index">The mapping.</param>
    /// <param name="offset">Offset in it.</param>
    internal static bool IsUnmapped(byte* address, out int index, out ulong offset)
    {
        ulong bits = (ulong)address;
        index = (int)((bits & ~Unmapped) >> UnmappedIndexShift);
        offset = bits & ((1UL << UnmappedIndexShift) - 1);
        return (bits & Unmapped) != 0;
    }

    private NicResult<int> AddEntry(nint address, nuint length)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out int index))
            {
                if (_used == Capacity)
                {
                    return new NicError(Abi.errno.ENOMEM, $"all {Capacity} entries of the mapping table are in use");
                }

                index = _used++;
            }

            _entries[index].Address = address != 0 ? address : (nint)(Unmapped | ((ulong)index << UnmappedIndexShift));
            // Release: an engine that reads the length (acquire, in TryResolve) sees the address that belongs to it.
            Volatile.Write(ref _entries[index].Length, length);
            return index;
        }
    }

    /// <summary>
    /// Takes a mapping out. No ring or region may name it any more: the engines do not look again once they have resolved it.
    /// </summary>
    /// <param name="index">From <see cref="Add"/>.</param>
    public void Remove(int index)
    {
        lock (_lock)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _used);
            if (_entries[index].Length == 0)
            {
                throw new ArgumentException($"mapping {index} is not in the table", nameof(index));
            }

            Volatile.Write(ref _entries[index].Length, 0);
            _entries[index].Orphans = null;
            _entries[index].Written = null;
            _free.Push(index);
        }
    }

    /// <summary>The address of a mapping's first byte, and its bytes.</summary>
    internal (nuint Address, ulong Length) RangeOf(int index) => ((nuint)_entries[index].Address, _entries[index].Length);

    /// <summary>How far into its page a mapping's first byte lies.</summary>
    internal ulong SlackOf(int index) => (nuint)_entries[index].Address % PageRounding.PageSize;

    /// <summary>From now on engines note what they do to pages of a mapping; one that uses it just now may not yet.</summary>
    /// <param name="index">From <see cref="Add"/>.</param>
    /// <param name="words"><see cref="OrphanPages.Words"/>.</param>
    internal void SetOrphans(int index, uint* words) => Volatile.Write(ref *(nint*)&_entries[index].Orphans, (nint)words);

    /// <summary><see cref="OrphanPages.Words"/> of a mapping, or null.</summary>
    internal uint* OrphansOf(int index) => _entries[index].Orphans;

    /// <summary>From now on engines note which bytes of a mapping they write. It must have <see cref="OrphansOf"/>, by which they know.</summary>
    /// <param name="index">From <see cref="Add"/>.</param>
    /// <param name="bits"><see cref="WrittenBytes.Bits"/>.</param>
    internal void SetWritten(int index, ulong* bits) => Volatile.Write(ref *(nint*)&_entries[index].Written, (nint)bits);

    /// <summary><see cref="WrittenBytes.Bits"/> of a mapping, or null.</summary>
    internal ulong* WrittenOf(int index) => _entries[index].Written;

    /// <summary>Frees the array. No engine may use the table any more.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_entries);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// The address of a range, in this process or as <see cref="IsUnmapped"/> tells apart; null when the index or the range is not inside a mapping of this process.
    /// </summary>
    internal byte* Resolve(int index, ulong offset, ulong length)
    {
        bool hasOrphans = false;
        return Resolve(index, offset, length, ref hasOrphans);
    }

    /// <summary>As <see cref="Resolve(int, ulong, ulong)"/>; says whether pages of the mapping are no longer its file's.</summary>
    internal byte* Resolve(int index, ulong offset, ulong length, ref bool hasOrphans)
    {
        if ((uint)index >= (uint)Capacity)
        {
            return null;
        }

        ulong mapped = Volatile.Read(ref _entries[index].Length);
        hasOrphans |= _entries[index].Orphans is not null;
        return offset <= mapped && length <= mapped - offset && mapped != 0 ? (byte*)_entries[index].Address + offset : null;
    }

    private struct Entry
    {
        public nint Address;
        public nuint Length;

        // Beside the other two, which a lookup reads anyway: so it costs mappings without orphans nothing.
        public uint* Orphans;
        public ulong* Written;
    }
}
