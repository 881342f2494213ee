namespace DaxEmu.Contract;

/// <summary>Which bytes of some pages of a file devices wrote: a bit for each byte.</summary>
public sealed class DeviceWrites
{
    private const int BytesPerWord = 64;
    private readonly ulong[] _words;

    /// <summary>None of them was.</summary>
    /// <param name="pages">Whole pages of the file.</param>
    public DeviceWrites(ByteRange pages)
    {
        Pages = PageRounding.Touched(pages);
        _words = new ulong[Pages.Length / BytesPerWord];
    }

    /// <summary>The pages.</summary>
    public ByteRange Pages { get; }

    /// <summary>The bits of some of the pages, 64 bytes a word, the first byte lowest.</summary>
    /// <param name="pages">Whole pages.</param>
    public Span<ulong> WordsOf(ByteRange pages) =>
        _words.AsSpan((int)((pages.Start - Pages.Start) / BytesPerWord), (int)(pages.Length / BytesPerWord));

    /// <summary>True when a device wrote a byte of a page.</summary>
    /// <param name="page">Its first byte.</param>
    public bool IsAnyIn(ulong page) => WordsOf(ByteRange.OfLength(page, PageRounding.PageSize)).ContainsAnyExcept(0UL);

    /// <summary>Whether a page differs from what it was in bytes that no device wrote.</summary>
    /// <param name="page">Its first byte.</param>
    /// <param name="before">What it was, all of it.</param>
    /// <param name="now">What it is: as far as the file goes.</param>
    public bool IsChangedByOthers(ulong page, ReadOnlySpan<byte> before, ReadOnlySpan<byte> now)
    {
        ReadOnlySpan<ulong> words = WordsOf(ByteRange.OfLength(page, PageRounding.PageSize));
        for (int start = 0; start < now.Length; start += BytesPerWord)
        {
            ulong word = words[start / BytesPerWord];
            int end = Math.Min(start + BytesPerWord, now.Length);
            if (word != ulong.MaxValue && !before[start..end].SequenceEqual(now[start..end]) && DiffersOutside(word, before[start..end], now[start..end]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool DiffersOutside(ulong word, ReadOnlySpan<byte> before, ReadOnlySpan<byte> now)
    {
        for (int i = 0; i < now.Length; i++)
        {
            if (before[i] != now[i] && (word & (1UL << i)) == 0)
            {
                return true;
            }
        }

        return false;
    }
}
