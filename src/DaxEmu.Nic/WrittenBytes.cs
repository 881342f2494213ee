using System.Runtime.InteropServices;
using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>
/// Which bytes of a mapping engines wrote: a bit for each byte, from the start of the page with the mapping's first one. Its memory is the
/// kernel's zero pages until bits are set.
/// </summary>
internal sealed unsafe class WrittenBytes : IDisposable
{
    private const int BytesPerWord = 64;
    private readonly ulong _words;
    private ulong* _bits;

    private WrittenBytes(ulong words)
    {
        _words = words;
        _bits = (ulong*)NativeMemory.AllocZeroed((nuint)words, sizeof(ulong));
    }

    /// <summary>Frees the map of a region that was not deregistered.</summary>
    ~WrittenBytes() => NativeMemory.Free(_bits);

    /// <summary>For engines, by way of the mapping table.</summary>
    public ulong* Bits => _bits;

    /// <summary>Makes a map without a bit set; null when there is no memory for one, as for a region of terabytes.</summary>
    /// <param name="address">Of the mapping's first byte.</param>
    /// <param name="length">Its bytes.</param>
    public static WrittenBytes? TryCreate(nuint address, ulong length)
    {
        ulong pages = ((address % PageRounding.PageSize) + length + PageRounding.PageSize - 1) / PageRounding.PageSize;
        try
        {
            return new WrittenBytes(pages * (PageRounding.PageSize / BytesPerWord));
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>An engine writes, or has written, bytes. It says so before and after, so that whoever takes the bits meanwhile misses none.</summary>
    /// <param name="bits">From <see cref="Bits"/>.</param>
    /// <param name="first">The first byte, counted from the start of the page with the mapping's first one.</param>
    /// <param name="count">How many; not 0.</param>
    public static void Note(ulong* bits, ulong first, ulong count)
    {
        ulong last = first + count - 1;
        for (ulong word = first / BytesPerWord; word <= last / BytesPerWord; word++)
        {
            int from = word == first / BytesPerWord ? (int)(first % BytesPerWord) : 0;
            int to = word == last / BytesPerWord ? (int)(last % BytesPerWord) : BytesPerWord - 1;
            ulong mask = (ulong.MaxValue << from) & (ulong.MaxValue >> (BytesPerWord - 1 - to));
            if ((Volatile.Read(ref bits[word]) & mask) != mask)
            {
                Interlocked.Or(ref bits[word], mask);
            }
        }
    }

    /// <summary>Takes the bits of some pages, and adds them to others.</summary>
    /// <param name="firstPage">The first page, counted from the one with the mapping's first byte.</param>
    /// <param name="to">Where to; of as many pages.</param>
    public void Take(ulong firstPage, Span<ulong> to)
    {
        ulong start = firstPage * (PageRounding.PageSize / BytesPerWord);
        ulong count = start < _words ? Math.Min((ulong)to.Length, _words - start) : 0;
        for (ulong i = 0; i < count; i++)
        {
            if (Volatile.Read(ref _bits[start + i]) != 0)
            {
                to[(int)i] |= Interlocked.Exchange(ref _bits[start + i], 0);
            }
        }
    }

    /// <summary>Frees the map. No engine may use it any more, and nobody take from it.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_bits);
        _bits = null;
        GC.SuppressFinalize(this);
    }
}
