namespace DaxEmu.Nic.Tests;

/// <summary>Memory that is not mapped, reached by copies that end after as many looks as a test says.</summary>
internal sealed unsafe class SlowMemory : IUnmappedMemory
{
    private readonly Dictionary<int, Allocation> _memory = [];
    private readonly Dictionary<uint, Place> _places = [];

    /// <summary>Looks that find a copy under way.</summary>
    public int Patience { get; set; } = 2;

    /// <summary>The memory is gone.</summary>
    public bool IsGone { get; set; }

    /// <summary>Why copies fail; 0: their memory is gone.</summary>
    public int Errno { get; set; }

    /// <summary>Atomic operations carried out.</summary>
    public int Atomics { get; private set; }

    /// <summary>Lengths of the copies made to it.</summary>
    public List<uint> Writes { get; } = [];

    public uint MaxBytes => 100;

    public void Add(int mapping, Allocation memory) => _memory[mapping] = memory;

    public byte* Claim(uint place)
    {
        Place claimed = new(new Allocation(MaxBytes));
        _places[place] = claimed;
        return claimed.Bytes.Start;
    }

    public uint Read(uint place, int mapping, ulong offset, uint length) => Begin(place, length, UnmappedCopy.Read, UnmappedCopy.ReadFailed, p =>
        Span(mapping, offset, length).CopyTo(p.Bytes.Bytes));

    public uint Write(uint place, int mapping, ulong offset, uint length) => Begin(
        place, length, UnmappedCopy.Written, UnmappedCopy.WriteFailed, p =>
        {
            Writes.Add(length);
            p.Bytes.Bytes[..(int)length].CopyTo(Span(mapping, offset, length));
        });

    public uint Atomic(uint place, int mapping, ulong offset, bool isCompareSwap, ulong compareAdd, ulong swap) => Begin(
        place, sizeof(ulong), UnmappedCopy.Written, UnmappedCopy.WriteFailed, p =>
        {
            Atomics++;
            ref ulong target = ref *(ulong*)(_memory[mapping].Start + offset);
            *(ulong*)p.Bytes.Start = target;
            target = !isCompareSwap ? target + compareAdd : target == compareAdd ? swap : target;
        });

    public UnmappedCopy Look(uint place, uint ticket, out uint length, out byte* bytes)
    {
        Place at = _places[place];
        Assert.Equal(at.Ticket, ticket);
        length = at.Length;
        bytes = at.Bytes.Start;

        // An engine may look twice for one step, at the length and at the state.
        if (at.Looks++ < Patience)
        {
            return UnmappedCopy.UnderWay;
        }

        at.Act?.Invoke(at);
        at.Act = null;
        return IsGone ? at.Failure : at.Success;
    }

    public int ErrnoOf(uint place) => Errno;

    private uint Begin(uint place, uint length, UnmappedCopy success, UnmappedCopy failure, Action<Place> act)
    {
        Assert.InRange(length, 1u, MaxBytes);
        Place at = _places[place];
        at.Ticket++;
        at.Length = length;
        at.Looks = 0;
        at.Success = success;
        at.Failure = failure;
        at.Act = IsGone ? null : act;
        return at.Ticket;
    }

    private Span<byte> Span(int mapping, ulong offset, uint length) => new(_memory[mapping].Start + offset, (int)length);

    private sealed class Place(Allocation bytes)
    {
        public Allocation Bytes => bytes;

        public uint Ticket { get; set; }

        public uint Length { get; set; }

        public int Looks { get; set; }

        public UnmappedCopy Success { get; set; }

        public UnmappedCopy Failure { get; set; }

        public Action<Place>? Act { get; set; }
    }
}
