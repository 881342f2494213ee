namespace DaxEmu.Nic.Tests;

/// <summary>Makes nothing durable, but records what it was asked, and answers as it is told.</summary>
internal sealed class FakePersistence : IPersistence
{
    public List<MappedRange> Begun { get; } = [];

    public int Asked { get; private set; }

    public PersistState State { get; set; } = PersistState.Durable;

    public int Errno { get; set; }

    public PersistState Persist(uint queue, uint qpNumber, ulong cookie, MappedRange range, ref ulong ticket, out int errno)
    {
        Asked++;
        if (ticket == 0)
        {
            Begun.Add(range);
            ticket = (ulong)Begun.Count;
        }

        errno = Errno;
        return State;
    }
}
