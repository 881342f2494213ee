using DaxEmu.Linux;
using Xunit;

namespace DaxEmu.Daemon.Tests.Audit;

/// <summary><c>daxemu audit</c> on real filesystems: ext4, xfs with and without reflink, btrfs, tmpfs and overlayfs.</summary>
[Collection(AuditCollection.Name)]
public sealed class AuditFilesystemTests(AuditedFilesystems filesystems)
{
    [Theory]
    [InlineData("ext4-data")]
    [InlineData("xfs-data")]
    [InlineData("xfs-plain-data")]
    [InlineData("tmpfs-data")]
    [InlineData("overlay-new")]
    [InlineData("btrfs-volume-data")]
    [InlineData("btrfs-alone-in-place-data")]
    public void The_verdict_is_what_a_program_of_its_own_gets_from_the_kernel(string file)
    {
        AuditAnswer audited = filesystems.Of(file);
        int errno = int.Parse(filesystems.Read(file + ".pin"), null);

        Assert.Equal(errno == 0 ? "" : ErrnoName.Of(errno), audited.Error("writable"));
        Assert.Equal(errno == 0 ? "granted" : errno == Abi.errno.EOPNOTSUPP ? "not-established" : "refused", audited.Outcome("writable"));
    }

    [Theory]
    [InlineData("ext4-data")]
    [InlineData("xfs-data")]
    [InlineData("xfs-plain-data")]
    [InlineData("btrfs-alone-data")]
    public void Since_Linux_6_5_files_with_blocks_are_refused_with_EFAULT(string file)
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 5), "older kernels give RDMA another answer than io_uring");
        AuditAnswer audited = filesystems.Of(file);

        Assert.Equal((1, "refused", "EFAULT"), (audited.Status, audited.Verdict, audited.Error("writable")));
    }

    [Theory]
    [InlineData("tmpfs-data", 0, "clear")]
    [InlineData("tmpfs-half", 1, "threatened")]
    [InlineData("overlay-new", 0, "clear")]
    public void A_file_in_memory_can_be_pinned_and_the_status_says_whether_anything_threatens_it(string file, int status, string verdict)
    {
        AuditAnswer audited = filesystems.Of(file);

        Assert.Equal((status, verdict, "granted"), (audited.Status, audited.Verdict, audited.Outcome("writable")));
        Assert.Contains("says nothing", audited.Meaning("read-only"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xfs-cloned", "shared extents", "now: 65536 of 65536 bytes")]
    [InlineData("xfs-data", "shared extents", "no: none")]
    [InlineData("xfs-data", "reflink and dedupe", "possible: xfs made with reflink=1 can")]
    [InlineData("xfs-plain-data", "reflink and dedupe", "no: xfs made with reflink=0 cannot")]
    [InlineData("xfs-plain-data", "shared extents", "no: the filesystem cannot share blocks between files")]
    [InlineData("ext4-data", "reflink and dedupe", "no: ext4 cannot")]
    [InlineData("ext4-data", "holes and unwritten extents", "no: every byte has a block")]
    [InlineData("ext4-half", "holes and unwritten extents", "now: 65536 bytes of holes")]
    [InlineData("xfs-half", "holes and unwritten extents", "now: 65536 bytes of holes")]
    [InlineData("tmpfs-half", "holes and unwritten extents", "now: 65536 bytes of holes")]
    [InlineData("ext4-unwritten", "holes and unwritten extents", "now: 65536 bytes unwritten")]
    [InlineData("ext4-immutable", "write protection", "now: immutable (chattr +i)")]
    [InlineData("ext4-immutable", "truncate and punch-hole", "no: the file is immutable")]
    [InlineData("ext4-append-only", "write protection", "now: append-only (chattr +a)")]
    [InlineData("ext4-data", "write protection", "no: neither immutable nor append-only, and the mount is writable")]
    [InlineData("ext4-data", "leases", "no: none held")]
    [InlineData("ext4-data", "open writers", "no: none")]
    [InlineData("read", "open writers", "no: none, 1 for reading")]
    [InlineData("btrfs-volume-data", "shared extents", "now: 65536 of 65536 bytes")]
    [InlineData("btrfs-volume-data", "snapshots", "now: 1 of this subvolume: yesterday")]
    [InlineData("btrfs-volume-data", "copy on write", "now: btrfs writes every block to a new place")]
    [InlineData("btrfs-alone-data", "shared extents", "no: none")]
    [InlineData("btrfs-alone-data", "snapshots", "possible: none of this subvolume")]
    [InlineData("btrfs-alone-data", "compression", "no: none")]
    [InlineData("btrfs-alone-in-place-data", "copy on write", "no: off for this file (chattr +C); shared blocks still move")]
    [InlineData("btrfs-alone-compressed", "compression", "now: 1048576 bytes lie compressed")]
    [InlineData("btrfs-alone-tiny", "inline data", "now: 5 bytes lie in metadata")]
    [InlineData("read-only", "write protection", "now: the filesystem is mounted read-only")]
    [InlineData("read-only", "truncate and punch-hole", "no: the file is on a read-only mount")]
    [InlineData("overlay-data", "overlayfs", "now: the file is in a lower layer")]
    [InlineData("overlay-new", "overlayfs", "no: the file is in the upper layer already")]
    [InlineData("directory-xfs", "reflink and dedupe", "possible: xfs made with reflink=1 can")]
    [InlineData("directory-xfs-plain", "reflink and dedupe", "no: xfs made with reflink=0 cannot")]
    [InlineData("nobody-btrfs", "shared extents", "now: 65536 of 65536 bytes")]
    [InlineData("nobody-btrfs", "snapshots", "unknown: listing snapshots needs CAP_SYS_ADMIN: EPERM (1)")]
    public void What_threatens_a_file_is_seen(string file, string source, string expected) =>
        Assert.Equal(expected, filesystems.Of(file).Finding(source));

    [Fact]
    public void Encryption_is_seen()
    {
        Assert.SkipUnless(filesystems.Has("encrypted"), "this kernel has no fscrypt");

        Assert.Equal("now: the filesystem encrypts it", filesystems.Of("encrypted").Finding("encryption"));
    }

    [Theory]
    [InlineData("leased", "read")]
    [InlineData("exclusive", "write")]
    public void A_lease_is_seen_and_the_audit_does_not_break_it(string file, string access)
    {
        AuditAnswer audited = filesystems.Of(file);

        Assert.Matches($@"^now: {access} lease of process \d+ \(python3\)$", audited.Finding("leases"));
        Assert.Equal((1, "not-established"), (audited.Status, audited.Verdict));
        Assert.Contains("break the lease", audited.Meaning("writable") + (access == "write" ? " would break the lease" : ""), StringComparison.Ordinal);
        Assert.Equal("done\n", filesystems.Read(file + ".holder"));
    }

    [Theory]
    [InlineData("written", @"^now: process \d+ \(sleep\)$")]
    [InlineData("mapped", @"^now: process \d+ \(python3\), by a mapping$")]
    public void Who_writes_is_named(string file, string expected)
    {
        AuditAnswer audited = filesystems.Of(file);

        Assert.Equal((1, "threatened"), (audited.Status, audited.Verdict));
        Assert.Matches(expected, audited.Finding("open writers"));
    }

    [Theory]
    [InlineData("overlay-data", "copy it to the upper layer")]
    [InlineData("tmpfs-empty", "The file is empty")]
    [InlineData("tmpfs-hole", "The file has holes only, and to pin one would allocate it")]
    [InlineData("xfs-hole", "The file has holes only, and to pin one would allocate it")]
    [InlineData("ext4-immutable", "cannot be opened for writing by this user: EPERM (1)")]
    [InlineData("no-uring", "io_uring is not allowed here, by seccomp")]
    [InlineData("read-only", "cannot be opened for writing by this user: EROFS (30)")]
    [InlineData("nobody-readable", "cannot be opened for writing by this user: EACCES (13)")]
    [InlineData("nobody-unreadable", "could not be opened for reading: EACCES (13)")]
    [InlineData("nobody-unlocked", "RLIMIT_MEMLOCK (0 bytes) is used up")]
    [InlineData("directory-ext4", "name a file in it")]
    public void What_is_not_asked_is_told_with_the_reason(string file, string expected)
    {
        AuditAnswer audited = filesystems.Of(file);

        Assert.Equal((1, "not-established", "not-established"), (audited.Status, audited.Verdict, audited.Outcome("writable")));
        Assert.Contains(expected, audited.Meaning("writable"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_ordinary_user_gets_the_verdict_for_an_own_file()
    {
        AuditAnswer audited = filesystems.Of("nobody-own");

        Assert.Equal((0, "clear", "granted"), (audited.Status, audited.Verdict, audited.Outcome("writable")));
        Assert.StartsWith("unknown: none among the processes that could be read", audited.Finding("open writers"), StringComparison.Ordinal);
        Assert.StartsWith("possible: ", audited.Finding("locked-memory limit"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_out_of_reach_is_a_usage_error()
    {
        Assert.Equal("2\n", filesystems.Read("nobody-closed.status"));
        Assert.Equal(
            "\"/mnt/tmpfs/closed/data\" may not be reached by this user (EACCES): a directory on the way is closed to it. Run as root.\n",
            filesystems.Read("nobody-closed.error"));
    }

    [Fact]
    public void No_audit_changes_a_byte_a_block_or_a_time_stamp_of_any_file()
    {
        string before = filesystems.Read("before");

        Assert.True(before.Split('\n').Length > 60, before);
        Assert.Equal(before, filesystems.Read("after"));
    }
}
