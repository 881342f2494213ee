using System.Runtime.InteropServices;

namespace DaxEmu.Nic.Tests;

/// <summary>Zeroed memory, aligned to a page.</summary>
internal sealed unsafe class Allocation : IDisposable
{
    public Allocation(ulong length)
    {
        Length = (nuint)length;
        Start = (byte*)NativeMemory.AlignedAlloc(Length, 4096);
        NativeMemory.Clear(Start, Length);
    }

    public byte* Start { get; }

    public nuint Length { get; }

    public Span<byte> Bytes => new(Start, (int)Length);

    public void Dispose() => NativeMemory.AlignedFree(Start);
}
