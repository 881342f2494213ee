using DaxEmu.Abi;

namespace DaxEmu.Nic.Tests;

/// <summary>Registered memory.</summary>
internal sealed unsafe class TestRegion(Allocation memory, MemoryRegion region)
{
    public MemoryRegion Region => region;

    public uint Key => region.Key;

    public Span<byte> Bytes => new(memory.Start, (int)region.Length);

    public byte* Start => memory.Start;

    public ulong Address => region.Iova;

    public ref ulong Word(int index) => ref ((ulong*)memory.Start)[index];

    public rxe_sge Sge(ulong offset, uint length) => new() { addr = region.Iova + offset, length = length, lkey = region.Key };

    public rxe_sge Whole => Sge(0, (uint)region.Length);

    public TestRegion Fill(int seed)
    {
        new Random(seed).NextBytes(Bytes);
        return this;
    }
}
