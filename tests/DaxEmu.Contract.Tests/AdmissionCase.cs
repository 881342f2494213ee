namespace DaxEmu.Contract.Tests;

/// <summary>A pin of [4096, 12288), asked for in a certain state of the file, under certain rules.</summary>
/// <param name="Name">In words, as docs/contract.md has it.</param>
/// <param name="Rule">The rule that decides, as configured; <c>always</c> for what no rule changes.</param>
/// <param name="Rules">All rules.</param>
/// <param name="Errno">The name of the errno it must be refused with; empty when it must be granted.</param>
internal sealed record AdmissionCase(string Name, string Rule, AdmissionRules Rules, string Errno = "")
{
    private static readonly ByteRange Flaw = new(8192, 12_288);
    private static readonly AdmissionRules Free = new();
    private static readonly AdmissionRules NoHoles = new(Holes: HoleRule.Refuse);
    private static readonly AdmissionRules FillHoles = new(Holes: HoleRule.Allocate);
    private static readonly AdmissionRules NoSharing = new(SharedExtents: SharedExtentRule.Refuse);
    private static readonly AdmissionRules Unshare = new(SharedExtents: SharedExtentRule.Unshare);
    private static readonly AdmissionRules Stable = new(UnstableFiles: UnstableFileRule.Refuse);

    private static readonly FileLayout Hole = new(Flaw, null, null, true, FileInstabilities.None);
    private static readonly FileLayout Unwritten = new(null, Flaw, null, true, FileInstabilities.None);
    private static readonly FileLayout Shared = new(null, null, Flaw, true, FileInstabilities.None);
    private static readonly FileLayout Unknown = new(null, null, null, false, FileInstabilities.None);

    internal ulong Size { get; init; } = 65_536;

    internal bool OpenForWriting { get; init; } = true;

    internal ByteRange Range { get; init; } = new(4096, 12_288);

    internal PinAccess Access { get; init; } = PinAccess.Read | PinAccess.Write;

    internal PinMapping Mapping { get; init; } = PinMapping.PageCache;

    /// <summary>What a granted pin's mapping is.</summary>
    internal PinMapping? GrantedAs { get; init; }

    internal FileLayout? Layout { get; init; }

    /// <summary>What allocating and unsharing fails with.</summary>
    internal int Failure { get; init; }

    internal bool IsUndone { get; init; }

    internal IReadOnlyList<string> Deeds { get; init; } = [];

    /// <summary>The pins that are refused, in the order of docs/contract.md.</summary>
    internal static IReadOnlyList<AdmissionCase> Refused { get; } =
    [
        new("of no byte", "always", Free, "EINVAL") { Range = new(4096, 4096) },
        new("for writing, through a descriptor not open for writing", "always", Free, "EFAULT") { OpenForWriting = false },
        new("past the end of the file", "always", Free, "EFAULT") { Size = 10_000 },
        new("for reading, through a descriptor not open for writing", "`Readers`: `refuse`", new(Readers: ReaderRule.Refuse), "EACCES")
            { OpenForWriting = false, Access = PinAccess.Read },
        new("of a mapping that is not synchronous", "`Mapping`: `sync`", new(Mapping: MappingRule.Sync), "EOPNOTSUPP"),
        new("of a hole", "`Holes`: `refuse`", NoHoles, "EFAULT") { Layout = Hole },
        new("of an unwritten extent", "`Holes`: `refuse`", NoHoles, "EFAULT") { Layout = Unwritten },
        new("for writing, of a hole, on a full filesystem", "`Holes`: `allocate`", FillHoles, "ENOSPC")
            { Layout = Hole, Failure = Contract.Errno.ENOSPC, Deeds = ["allocate [4096, 12288)"] },
        new("for writing, of a hole that somebody punches again and again", "`Holes`: `allocate`", FillHoles, "EAGAIN")
            { Layout = Hole, IsUndone = true, Deeds = [.. Enumerable.Repeat("allocate [4096, 12288)", 9)] },
        new("where holes cannot be found out", "`Holes`: `refuse`, `allocate`", NoHoles, "EOPNOTSUPP") { Layout = Unknown with { HolesAreKnown = false } },
        new("of shared blocks", "`SharedExtents`: `refuse`", NoSharing, "EBUSY") { Layout = Shared },
        new("of shared blocks, through a descriptor not open for writing", "`SharedExtents`: `unshare`", Unshare, "EBUSY")
            { Layout = Shared, OpenForWriting = false, Access = PinAccess.Read },
        new("of shared blocks, on a full filesystem", "`SharedExtents`: `unshare`", Unshare, "ENOSPC")
            { Layout = Shared, Failure = Contract.Errno.ENOSPC, Deeds = ["unshare [4096, 12288)"] },
        new("where sharing cannot be found out", "`SharedExtents`: `refuse`, `unshare`", NoSharing, "EOPNOTSUPP") { Layout = Unknown },
        .. Enum.GetValues<FileInstabilities>().Where(i => i != FileInstabilities.None).Select(i =>
            new AdmissionCase(Words(i), "`UnstableFiles`: `refuse`", Stable, "EOPNOTSUPP") { Layout = Unknown with { Instabilities = i } }),
        new("of memory whose blocks cannot be found out", "any of these three", NoHoles, "EOPNOTSUPP"),
    ];

    /// <summary>Pins that are granted although something is not as it could be.</summary>
    internal static IReadOnlyList<AdmissionCase> Granted { get; } =
    [
        new("all flaws", "default", Free)
            { Layout = new(Flaw, Flaw, Flaw, false, FileInstabilities.CopyOnWrite | FileInstabilities.SwapFile) },
        new("no flaw", "strict", new(HoleRule.Refuse, SharedExtentRule.Refuse, UnstableFileRule.Refuse, MappingRule.Sync, ReaderRule.Refuse))
            { Layout = Unknown with { SharingIsKnown = true }, Mapping = PinMapping.Sync },
        new("a hole, for writing", "allocate", FillHoles) { Layout = Hole, Deeds = ["allocate [4096, 12288)"] },
        new("a hole, for reading", "allocate", FillHoles) { Layout = Hole, Access = PinAccess.Read },
        new("an unwritten extent", "allocate", FillHoles) { Layout = Unwritten },
        new("shared blocks", "unshare", Unshare) { Layout = Shared, Deeds = ["unshare [4096, 12288)"] },
        new("a hole and shared blocks", "both", FillHoles with { SharedExtents = SharedExtentRule.Unshare })
            { Layout = Shared with { Hole = Flaw }, Deeds = ["unshare [4096, 12288)", "allocate [4096, 12288)"] },
        new("a reader", "default", Free) { OpenForWriting = false, Access = PinAccess.Read },
        new("a reader", "hold", new(Readers: ReaderRule.Hold)) { OpenForWriting = false, Access = PinAccess.Read },
        new("a mapping that is not synchronous", "bounce", new(Mapping: MappingRule.Bounce)) { GrantedAs = PinMapping.Bounce },
        new("a mapping that is synchronous", "bounce", new(Mapping: MappingRule.Bounce))
            { Mapping = PinMapping.Sync, GrantedAs = PinMapping.Sync },
        new("a hole, for writing", "bounce and allocate", FillHoles with { Mapping = MappingRule.Bounce })
            { Layout = Hole, Deeds = ["allocate [4096, 12288)"], GrantedAs = PinMapping.Bounce },
        new("who may write, for reading", "Readers", new(Readers: ReaderRule.Refuse)) { Access = PinAccess.Read },
        new("shared blocks", "about holes only", NoHoles) { Layout = Shared with { Instabilities = FileInstabilities.CopyOnWrite } },
    ];

    /// <summary>Asks for the pin in a world of its own.</summary>
    internal async Task<(PinDecision Decision, IReadOnlyList<string> Deeds)> Ask()
    {
        World world = new();
        world.Policy.Rules = Rules;
        FakeLayout? layout = Layout is { } blocks ? new() { Layout = blocks, Errno = Failure, IsUndone = IsUndone } : null;
        PinDecision decision = await world.Contract.PinAsync(
            World.Wish(Range.Start, Range.End, Access) with { Mapping = Mapping },
            () => new(Size, OpenForWriting) { Layout = layout },
            World.Token);
        Xunit.Assert.Equal(decision.IsGranted ? 1 : 0, world.Contract.PinsOf(World.File).Count);
        Xunit.Assert.Equal(decision.IsGranted ? 0 : 1, world.Journal.Of().OfType<PinRefused>().Count());
        Xunit.Assert.Equal(decision.IsGranted ? (PinMapping?)(GrantedAs ?? Mapping) : null, decision.Pin?.Request.Mapping);
        return (decision, layout?.Deeds ?? []);
    }

    private static string Words(FileInstabilities state) => state switch
    {
        FileInstabilities.CopyOnWrite => "of a file whose every write goes to a new block (btrfs without chattr +C)",
        FileInstabilities.Compressed => "of a compressed file",
        FileInstabilities.Encrypted => "of a file that its filesystem encrypts",
        FileInstabilities.Inline => "of bytes that lie in metadata",
        FileInstabilities.SwapFile => "of a swap file",
        FileInstabilities.Verity => "of a sealed file (fs-verity)",
        FileInstabilities.JournalledData => "of a file whose bytes go through the journal",
        FileInstabilities.Elsewhere => "of a file that a program or another machine serves",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };
}
