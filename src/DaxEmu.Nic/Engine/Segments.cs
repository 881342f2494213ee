using DaxEmu.Abi;

namespace DaxEmu.Nic;

/// <summary>One side of a transfer: ranges of client memory in order, or bytes that lie in the work request itself.</summary>
internal readonly unsafe struct Segments
{
    private Segments(rxe_sge* ranges, uint count, byte* inline, uint domain, uint access, uint responder)
    {
        Ranges = ranges;
        Count = count;
        Inline = inline;
        Domain = domain;
        Access = access;
        Responder = responder;
    }

    public rxe_sge* Ranges { get; }

    public uint Count { get; }

    /// <summary>The bytes themselves; null when <see cref="Ranges"/> tell where they are.</summary>
    public byte* Inline { get; }

    public uint Domain { get; }

    public uint Access { get; }

    /// <summary>As <see cref="RegionAccess.Resolve"/> has it.</summary>
    public uint Responder { get; }

    public static Segments Of(rxe_sge* ranges, uint count, uint domain, uint access) => new(ranges, count, null, domain, access, 0);

    /// <summary>A range that a request names to the queue pair that serves it: where windows may be used.</summary>
    public static Segments Remote(rxe_sge* range, uint domain, uint responder, uint access) =>
        new(range, 1, null, domain, access, responder);

    public static Segments OfBytes(void* bytes) => new(null, 0, (byte*)bytes, 0, 0, 0);

    /// <summary>Bytes in all ranges.</summary>
    public ulong Length
    {
        get
        {
            ulong sum = 0UL;
            for (uint i = 0U; i < Count; i++)
            {
                sum += Ranges[i].length;
            }

            return sum;
        }
    }
}
