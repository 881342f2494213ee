namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>A page that a file has, or that only a region has any more.</summary>
internal sealed class ModelPage
{
    public const int Size = 4096;

    private const short Settled = -1;
    private const short Anything = -2;

    private readonly byte[] _bytes = new byte[Size];

    // Of a byte whose value is not settled: what it may be instead.
    private readonly short[] _instead = new short[Size];

    public ModelPage() => _instead.AsSpan().Fill(Settled);

    public ReadOnlySpan<byte> Bytes => _bytes;

    public void Fill(int from, int to, byte value)
    {
        _bytes.AsSpan(from..to).Fill(value);
        _instead.AsSpan(from..to).Fill(Settled);
    }

    /// <summary>The bytes may have been written, or not: of a work request that failed half way.</summary>
    public void MayFill(int from, int to, byte value)
    {
        for (int at = from; at < to; at++)
        {
            _instead[at] = _instead[at] == Settled ? value : Anything;
        }
    }

    /// <summary>
    /// What a device writes behind the end of the file, in its last page, is nobody's: whether it shows when the file grows is the file
    /// system's to choose.
    /// </summary>
    public void Unsettle(int from, int to) => _instead.AsSpan(from..to).Fill(Anything);

    /// <summary>Holds bytes that were seen against the page, and takes over what was not settled.</summary>
    /// <returns>The first byte that differs, counted from the page's first; or null.</returns>
    public int? Compare(int from, ReadOnlySpan<byte> seen)
    {
        for (int i = 0; i < seen.Length; i++)
        {
            int at = from + i;
            if (seen[i] == _bytes[at])
            {
                continue;
            }

            if (_instead[at] != Anything && _instead[at] != seen[i])
            {
                return at;
            }

            _bytes[at] = seen[i];
            _instead[at] = Settled;
        }

        // A value that was seen once is settled, whichever it was.
        _instead.AsSpan(from, seen.Length).Fill(Settled);
        return null;
    }
}
