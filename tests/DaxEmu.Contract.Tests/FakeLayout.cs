namespace DaxEmu.Contract.Tests;

/// <summary>Blocks as a test wants them: allocating and unsharing does what it says, unless it is to fail.</summary>
internal sealed class FakeLayout : IFileLayout
{
    internal FileLayout Layout { get; set; } = new(null, null, null, SharingIsKnown: true, FileInstabilities.None);

    internal int Errno { get; set; }

    /// <summary>Somebody undoes all as fast as it is done.</summary>
    internal bool IsUndone { get; set; }

    internal List<string> Deeds { get; } = [];

    internal Action WhenDone { get; set; } = () => { };

    public FileLayout Look(ByteRange range) => Layout;

    public int Allocate(ByteRange range) => Do($"allocate {range}", Layout with { Hole = null, Unwritten = Layout.Hole });

    public int Unshare(ByteRange range) => Do($"unshare {range}", Layout with { Shared = null });

    private int Do(string deed, FileLayout then)
    {
        Deeds.Add(deed);
        WhenDone();
        Layout = Errno == 0 && !IsUndone ? then : Layout;
        return Errno;
    }
}
