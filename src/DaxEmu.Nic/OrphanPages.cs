using System.Runtime.InteropServices;
using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>
/// Which pages of a mapping are no longer its file's, or are watched, and what engines did to them: a byte a page. Engines mark what they
/// touch, once for each page and direction; the control plane takes the marks and reports them.
/// </summary>
internal sealed unsafe class OrphanPages : IDisposable
{
    private const int BitsPerPage = 8;
    private const int PagesPerWord = 32 / BitsPerPage;

    // In each page's bits: a read, a write of a page that is no longer the file's would be news; a write of one that is watched would be. Then,
    // in the same order: it has happened, and is to be taken.
    private const uint ReadIsNews = 1;
    private const uint WriteIsNews = 2;
    private const uint WriteIsWatched = 4;
    private const int ReportShift = 3;
    private const uint Told = (ReadIsNews | WriteIsNews) * 0x0101_0101;

    private readonly Lock _lock = new();
    private readonly ulong _pages;
    private uint* _words;
    private ulong _first = ulong.MaxValue;
    private ulong _end;

    /// <summary>Makes a map on which no page is an orphan.</summary>
    /// <param name="address">Of the mapping's first byte.</param>
    /// <param name="length">Its bytes.</param>
    public OrphanPages(nuint address, ulong length)
    {
        _pages = ((address % PageRounding.PageSize) + length + PageRounding.PageSize - 1) / PageRounding.PageSize;
        _words = (uint*)NativeMemory.AllocZeroed((nuint)((_pages + PagesPerWord - 1) / PagesPerWord), sizeof(uint));
    }

    /// <summary>Frees the map of a region that was not deregistered.</summary>
    ~OrphanPages() => NativeMemory.Free(_words);

    /// <summary>For engines, by way of the mapping table.</summary>
    public uint* Words => _words;

    /// <summary>What was done to pages that lie next to one another.</summary>
    /// <param name="First">The first page, counted from the one with the mapping's first byte.</param>
    /// <param name="Count">How many.</param>
    /// <param name="IsWrite">They were written; else read.</param>
    public readonly record struct Touched(ulong First, ulong Count, bool IsWrite);

    /// <summary>Makes pages orphans. No engine may touch them meanwhile.</summary>
    public void Add(ulong first, ulong count)
    {
        lock (_lock)
        {
            if (_words is null || count == 0)
            {
                return;
            }

            ulong end = Math.Min(first + count, _pages);
            for (ulong page = first; page < end; page++)
            {
                Interlocked.Or(ref _words[page / PagesPerWord], (ReadIsNews | WriteIsNews) << ShiftOf(page));
            }

            _first = Math.Min(_first, first);
            _end = Math.Max(_end, end);
        }
    }

    /// <summary>Takes what is to be reported of some pages.</summary>
    public List<Touched> Take(ulong first, ulong count)
    {
        List<Touched> taken = [];
        lock (_lock)
        {
            if (_words is not null)
            {
                ulong start = Math.Max(first, _first);
                ulong end = Math.Min(count > ulong.MaxValue - first ? ulong.MaxValue : first + count, _end);
                Take(start, end, ReadIsNews, taken);
                Take(start, end, WriteIsNews, taken);
            }
        }

        return taken;
    }

    /// <summary>Takes which watched pages were written, and watches pages from now on.</summary>
    public List<Touched> TakeWritten(ulong first, ulong count)
    {
        List<Touched> taken = [];
        lock (_lock)
        {
            if (_words is not null)
            {
                ulong end = Math.Min(first + count, _pages);
                Take(first, end, WriteIsWatched, taken);
                for (ulong page = first; page < end; page++)
                {
                    Interlocked.Or(ref _words[page / PagesPerWord], WriteIsWatched << ShiftOf(page));
                }
            }
        }

        return taken;
    }

    /// <summary>Frees the map. No engine may use it any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            NativeMemory.Free(_words);
            _words = null;
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// An engine has touched pages: true when the host is to be told, for the first time that a page is touched so which is no longer the file's.
    /// </summary>
    /// <param name="words">From <see cref="Words"/>.</param>
    /// <param name="first">The first page.</param>
    /// <param name="last">The last.</param>
    /// <param name="isWrite">They were written; else read.</param>
    public static bool Touch(uint* words, ulong first, ulong last, bool isWrite)
    {
        bool isNews = false;
        uint bit = isWrite ? WriteIsNews | WriteIsWatched : ReadIsNews;
        for (ulong word = first / PagesPerWord; word <= last / PagesPerWord; word++)
        {
            ulong from = word == first / PagesPerWord ? first % PagesPerWord : 0;
            ulong to = word == last / PagesPerWord ? last % PagesPerWord : PagesPerWord - 1;
            isNews |= Touch(ref words[word], MaskOf((int)from, (int)to, bit));
        }

        return isNews;
    }

    private static bool Touch(ref uint word, uint mask)
    {
        while (true)
        {
            uint seen = Volatile.Read(ref word);
            uint news = seen & mask;
            if (news == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref word, (seen & ~news) | (news << ReportShift), seen) == seen)
            {
                return (news & Told) != 0;
            }
        }
    }

    private static uint MaskOf(int from, int to, uint bit)
    {
        uint mask = 0;
        for (int page = from; page <= to; page++)
        {
            mask |= bit << (page * BitsPerPage);
        }

        return mask;
    }

    private static int ShiftOf(ulong page) => (int)(page % PagesPerWord) * BitsPerPage;

    private void Take(ulong start, ulong end, uint bit, List<Touched> taken)
    {
        ulong run = 0;
        for (ulong page = start; page < end; page++)
        {
            if (TakeReport(page, bit << ReportShift))
            {
                run++;
            }
            else if (run > 0)
            {
                taken.Add(new(page - run, run, bit != ReadIsNews));
                run = 0;
            }
        }

        if (run > 0)
        {
            taken.Add(new(end - run, run, bit != ReadIsNews));
        }
    }

    private bool TakeReport(ulong page, uint bit)
    {
        uint mask = bit << ShiftOf(page);
        ref uint word = ref _words[page / PagesPerWord];
        return (Volatile.Read(ref word) & mask) != 0 && (Interlocked.And(ref word, ~mask) & mask) != 0;
    }
}
