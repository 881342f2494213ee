using System.Runtime.InteropServices;

namespace DaxEmu.Device;

/// <summary>An event as it travels: struct ib_uverbs_comp_event_desc or ib_uverbs_async_event_desc.</summary>
internal readonly struct ChannelEvent
{
    /// <summary>Bytes of struct ib_uverbs_async_event_desc; the completion event is half as long.</summary>
    public const int Longest = 16;

    private readonly ulong _first;
    private readonly ulong _second;

    /// <summary>Keeps up to <see cref="Longest"/> bytes.</summary>
    public ChannelEvent(ReadOnlySpan<byte> bytes)
    {
        Span<ulong> words = stackalloc ulong[2];
        words.Clear();
        bytes.CopyTo(MemoryMarshal.AsBytes(words));
        (_first, _second, Length) = (words[0], words[1], bytes.Length);
    }

    /// <summary>The client's name of the object, with which every event begins.</summary>
    public ulong UserHandle => _first;

    /// <summary>Its bytes.</summary>
    public int Length { get; }

    /// <summary>Writes its bytes, and zeros up to <see cref="Longest"/>.</summary>
    public void CopyTo(Span<byte> buffer)
    {
        MemoryMarshal.Write(buffer, in _first);
        MemoryMarshal.Write(buffer[sizeof(ulong)..], in _second);
    }
}
