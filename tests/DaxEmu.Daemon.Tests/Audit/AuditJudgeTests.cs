using DaxEmu.Daemon.Audit;
using DaxEmu.Daemon.Audit.Facts;
using Xunit;

namespace DaxEmu.Daemon.Tests.Audit;

/// <summary>The judgement alone, on facts that need no filesystem: also those that this machine has not.</summary>
public sealed class AuditJudgeTests
{
    private static readonly PinAnswer Granted = new(PinMapping.Writable, PinOutcome.Granted, "", "");
    private static readonly FilesystemFacts Tmpfs = new("tmpfs", "tmpfs", "/t", ["rw"], false);

    private static readonly AuditFacts Clear = new(
        "/t/f",
        Tmpfs,
        new(false, 8192, 8192, 4096, 0x1a4, 0, 1, false, FileFlags.None, false, OverlayLayer.None),
        new(false, true, 1, 0, 0, 0, 0, 0, 0, 0),
        [],
        new([], 0),
        null,
        new(null, true),
        new("6.18", [Granted]));

    [Fact]
    public void A_granted_pin_that_nothing_threatens_is_clear()
    {
        AuditReport report = Judge.Of(Clear);

        Assert.Equal(AuditVerdict.Clear, report.Verdict);
        Assert.DoesNotContain(report.Findings, f => f.Here is Exposure.Now or Exposure.Unknown);
        Assert.Equal(["This kernel grants a long-term pin for writing, and nothing seen threatens it now."], report.Summary);
    }

    public static TheoryData<string, string> Threats => new()
    {
        { "locked-memory limit", "limit" },
        { "write protection", "immutable" },
        { "write protection", "append-only" },
        { "write protection", "read-only mount" },
        { "verity", "verity" },
        { "encryption", "encrypted" },
        { "encryption", "encrypted extents" },
        { "swap file", "swap" },
        { "open writers", "writer" },
        { "leases", "lease" },
        { "leases", "delegation" },
        { "holes and unwritten extents", "hole" },
        { "holes and unwritten extents", "unwritten" },
        { "shared extents", "shared" },
        { "snapshots", "snapshot" },
        { "snapshots", "is a snapshot" },
        { "copy on write", "btrfs" },
        { "compression", "compressed" },
        { "compression", "compressed extents" },
        { "inline data", "inline" },
        { "overlayfs", "lower" },
    };

    [Theory]
    [MemberData(nameof(Threats))]
    public void Each_threat_is_found_alone_and_comes_with_what_it_does_and_how_to_switch_it_off(string source, string state)
    {
        AuditReport report = Judge.Of(In(state));

        Finding finding = report.Findings.Single(f => f.Source == source);
        Assert.Equal((AuditVerdict.Threatened, Exposure.Now), (report.Verdict, finding.Here));
        Assert.Contains(report.Summary, s => s.StartsWith("In the way now: ", StringComparison.Ordinal) && s.Contains(source, StringComparison.Ordinal));
        Assert.All(report.Findings.Where(f => f.Here != Exposure.No), f => Assert.NotEqual(("", ""), (f.Effect, f.SwitchOff)));
        string[] others = ["copy on write", "snapshots", "overlayfs", "reflink and dedupe"];
        Assert.DoesNotContain(report.Findings, f => f.Here == Exposure.Now && f.Source != source && !others.Contains(f.Source));
    }

    [Fact]
    public void A_refused_pin_is_refused_whatever_else_is_seen()
    {
        PinAnswer refused = new(PinMapping.Writable, PinOutcome.Refused, "EFAULT", "");

        AuditReport report = Judge.Of(Clear with { Pins = new("6.18", [refused]) });

        Assert.Equal(AuditVerdict.Refused, report.Verdict);
        Assert.Equal("This kernel refuses a long-term pin for writing: EFAULT.", report.Summary[0]);
    }

    [Fact]
    public void An_answer_that_could_not_be_had_is_never_clear()
    {
        PinAnswer nothing = new(PinMapping.Writable, PinOutcome.NotEstablished, "EPERM", "");

        Assert.Equal(AuditVerdict.NotEstablished, Judge.Of(Clear with { Pins = new("6.18", [nothing]) }).Verdict);
    }

    [Fact]
    public void DAX_is_a_reason_for_refusal_and_so_is_its_absence_told()
    {
        FilesystemFacts dax = new("xfs", "/dev/pmem0", "/p", ["rw", "dax=inode"], true);

        Finding on = FindingOf("filesystem DAX", Clear with { Filesystem = dax, File = Clear.File with { Dax = true, Flags = FileFlags.DaxWanted } });
        Finding notYet = FindingOf("filesystem DAX", Clear with { Filesystem = dax, File = Clear.File with { Flags = FileFlags.DaxWanted } });

        Assert.Equal((Exposure.Now, "on (mount option dax=inode, FS_XFLAG_DAX set)"), (on.Here, on.Seen));
        Assert.Equal(
            (Exposure.No, "off (mount option dax=inode, FS_XFLAG_DAX set, not in effect); what is written is durable after fsync"),
            (notYet.Here, notYet.Seen));
    }

    [Theory]
    [InlineData("nfs4", "changes from outside", Exposure.Possible)]
    [InlineData("fuse.sshfs", "changes from outside", Exposure.Possible)]
    [InlineData("fuse.daxemu", "changes from outside", Exposure.Possible)]
    [InlineData("fuse.sshfs", "shared extents", Exposure.Unknown)]
    [InlineData("nfs4", "reflink and dedupe", Exposure.Unknown)]
    [InlineData("nfs4", "snapshots", Exposure.Unknown)]
    [InlineData("zfs", "snapshots", Exposure.Unknown)]
    [InlineData("overlay", "copy on write", Exposure.Unknown)]
    [InlineData("overlay", "defragmentation", Exposure.Unknown)]
    [InlineData("unknown", "inline data", Exposure.Unknown)]
    [InlineData("ext4", "changes from outside", Exposure.No)]
    [InlineData("ext4", "snapshots", Exposure.No)]
    [InlineData("ext4", "defragmentation", Exposure.Possible)]
    [InlineData("hugetlbfs", "copy on write", Exposure.No)]
    internal void What_a_filesystem_may_do_to_its_files_is_told_or_said_to_be_unknown(string type, string source, Exposure expected)
    {
        bool? reflink = type is "nfs4" or "overlay" or "unknown" ? null : false;

        Assert.Equal(expected, FindingOf(source, Clear with { Filesystem = Tmpfs with { Type = type, Reflink = reflink } }).Here);
    }

    [Fact]
    public void Processes_that_could_not_be_looked_into_leave_the_writers_unknown()
    {
        AuditReport report = Judge.Of(Clear with { Openers = new([new(7, "cat", false, true)], 3) });

        Finding writers = report.Findings.Single(f => f.Source == "open writers");
        Assert.Equal((Exposure.Unknown, "none among the processes that could be read, 3 could not, 1 for reading"), (writers.Here, writers.Seen));
        Assert.Contains("3 processes could not be looked into: run as root to see who has the file open.", report.Summary);
    }

    [Fact]
    public void A_directory_is_judged_by_its_filesystem_alone()
    {
        PinAnswer none = new(PinMapping.Writable, PinOutcome.NotEstablished, "", "");
        AuditReport report = Judge.Of(Clear with { File = Clear.File with { IsDirectory = true }, Openers = null, Extents = null, Pins = new("6.18", [none]) });

        Assert.Equal(AuditVerdict.NotEstablished, report.Verdict);
        Assert.DoesNotContain(report.Findings, f => f.Source is "leases" or "open writers" or "holes and unwritten extents" or "swap file" or "shared extents");
        Assert.Contains(report.Findings, f => f.Source == "reflink and dedupe");
        Assert.EndsWith("name a file for the kernel's answer.", report.Summary[^1], StringComparison.Ordinal);
    }

    private static Finding FindingOf(string source, AuditFacts facts) => Judge.Of(facts).Findings.Single(f => f.Source == source);

    private static AuditFacts In(string state)
    {
        ExtentFacts mapped = new(true, true, 1, 0, 0, 0, 0, 0, 0, 0);
        FilesystemFacts btrfs = new("btrfs", "/dev/sda", "/b", ["rw"], true);
        AuditFacts onBtrfs = Clear with { Filesystem = btrfs, Extents = mapped, Snapshots = new(false, [], "") };
        return state switch
        {
            "limit" => Clear with { Memory = new(4096, false) },
            "immutable" => Flagged(FileFlags.Immutable),
            "append-only" => Flagged(FileFlags.AppendOnly),
            "read-only mount" => Clear with { Filesystem = Tmpfs with { Options = ["ro"] } },
            "verity" => Flagged(FileFlags.Verity),
            "encrypted" => Flagged(FileFlags.Encrypted),
            "encrypted extents" => Clear with { Extents = mapped with { Encrypted = 1 } },
            "swap" => Clear with { File = Clear.File with { SwapFile = true } },
            "writer" => Clear with { Openers = new([new(7, "dd", true, true)], 0) },
            "lease" => Clear with { Leases = [new("LEASE", "READ", "ACTIVE", 7, "smbd")] },
            "delegation" => Clear with { Leases = [new("DELEG", "WRITE", "BREAKING", 0, "")] },
            "hole" => Clear with { Extents = mapped with { Holes = 4096 } },
            "unwritten" => Clear with { Extents = mapped with { Unwritten = 4096 } },
            "shared" => Clear with { Filesystem = Tmpfs with { Type = "xfs", Reflink = true }, Extents = mapped with { Shared = 4096 } },
            "snapshot" => onBtrfs with { Snapshots = new(false, ["yesterday"], "") },
            "is a snapshot" => onBtrfs with { Snapshots = new(true, [], "") },
            "btrfs" => onBtrfs,
            "compressed" => Flagged(FileFlags.Compressed),
            "compressed extents" => Clear with { Extents = mapped with { Compressed = 4096 } },
            "inline" => Clear with { Extents = mapped with { Inline = 5 } },
            "lower" => Clear with { Filesystem = Tmpfs with { Type = "overlay" }, File = Clear.File with { Layer = OverlayLayer.Lower } },
            _ => throw new ArgumentOutOfRangeException(nameof(state)),
        };
    }

    private static AuditFacts Flagged(FileFlags flags) => Clear with { File = Clear.File with { Flags = flags } };
}
