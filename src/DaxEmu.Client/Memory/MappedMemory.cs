using System.Buffers;
using DaxEmu.Linux.Memory;

namespace DaxEmu.Client;

/// <summary>A region's mapping as <see cref="Memory{T}"/>. Pinned by a reader, it stays mapped until that reader unpins it.</summary>
internal sealed unsafe class MappedMemory(MemoryMapping mapping) : MemoryManager<byte>
{
    // The region itself holds it once, each Pin once more.
    private int _holds = 1;
    private int _released;

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => GetSpan(0, checked((int)mapping.Length));

    /// <summary>A part of it, also of one that is longer than a span can be.</summary>
    public Span<byte> GetSpan(long offset, int length)
    {
        ThrowIfReleased();
        return mapping.Slice(offset, length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ThrowIfReleased();
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, mapping.Length);
        int holds;
        do
        {
            holds = Volatile.Read(ref _holds);
            ObjectDisposedException.ThrowIf(holds == 0, typeof(MemoryRegion));
        }
        while (Interlocked.CompareExchange(ref _holds, holds + 1, holds) != holds);
        return new MemoryHandle((byte*)mapping.Address + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        if (Interlocked.Decrement(ref _holds) == 0)
        {
            mapping.Dispose();
        }
    }

    /// <summary>Gives up the region's own hold; the mapping goes with the last pin.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            Unpin();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Release();
        }
    }

    private void ThrowIfReleased() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _released) != 0, typeof(MemoryRegion));
}
