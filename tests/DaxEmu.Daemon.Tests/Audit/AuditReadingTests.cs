using DaxEmu.Abi;
using DaxEmu.Daemon.Audit;
using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Daemon.Audit.Probes;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Processes;
using Xunit;
using static DaxEmu.Abi.linux_fiemap;

namespace DaxEmu.Daemon.Tests.Audit;

/// <summary>How the audit reads what the kernel says: lines of /proc, maps of extents, answers to a pin.</summary>
public sealed class AuditReadingTests
{
    [Fact]
    public void Leases_are_those_of_the_file_on_its_own_device()
    {
        string[] locks =
        [
            "1: LEASE  ACTIVE    READ 2147483647 08:1f:5678 0 EOF",
            "2: POSIX  ADVISORY  WRITE 12 08:1f:5678 0 EOF",
            "3: LEASE  ACTIVE    WRITE 13 08:1f:5679 0 EOF",
            "4: LEASE  ACTIVE    WRITE 13 08:20:5678 0 EOF",
            "5: DELEG  BREAKING  WRITE 0 08:1f:5678 0 EOF",
            "5: -> LEASE  BREAKER   READ 14 08:1f:5678 0 EOF",
        ];

        LeaseHolder[] holders = [.. LeaseProbe.Holders(locks, "8:31", 5678)];

        Assert.Equal([new("LEASE", "READ", "ACTIVE", int.MaxValue, ""), new("DELEG", "WRITE", "BREAKING", 0, "")], holders);
        Assert.Equal([false, true], holders.Select(h => h.BrokenByReading));
    }

    [Theory]
    [InlineData("flags:\t0100002", "ino:\t7", true, 7UL)]
    [InlineData("flags:\t0100001", "ino:\t7", true, 7UL)]
    [InlineData("flags:\t02100000", "ino:\t7", false, 7UL)]
    [InlineData("flags:\t0100000", "mnt_id:\t9", false, null)]
    public void A_descriptor_writes_when_it_is_open_for_writing(string flags, string second, bool writes, ulong? inode) =>
        Assert.Equal(new FdInfo(writes, inode), FdInfo.Parse(["pos:\t0", flags, second]));

    [Fact]
    public void A_descriptor_that_only_names_the_file_does_not_have_it_open() => Assert.Null(FdInfo.Parse(["flags:\t012000000"]));

    [Theory]
    [InlineData("7f00-7f01 rw-s 00000000 08:1f 5678                       /a file", true)]
    [InlineData("7f00-7f01 r--s 00000000 08:1f 5678                       /a file", false)]
    [InlineData("7f00-7f01 rw-p 00000000 08:1f 5678                       /a file", false)]
    [InlineData("7f00-7f01 rw-s 00000000 08:1f 5679                       /a file", null)]
    [InlineData("7f00-7f01 rw-s 00000000 08:20 5678                       /a file", null)]
    [InlineData("7f00-7f01 rw-p 00000000 00:00 0 ", null)]
    public void A_mapping_writes_when_it_is_shared_and_writable(string line, bool? writes) =>
        Assert.Equal(writes, MapsLine.Parse(line, "8:31", 5678)?.Writes);

    [Fact]
    public void Swap_files_are_read_with_the_spaces_in_their_names() => Assert.Equal(
        ["/swap file"],
        SwapFiles.Paths(["Filename\tType\tSize", "/swap\\040file    file\t\t1048572\t0\t-2", "/dev/sda2   partition\t1\t0\t-1"]));

    [Theory]
    [InlineData("Max locked memory         8388608              16777216             bytes", 8388608L)]
    [InlineData("Max locked memory         unlimited            unlimited            bytes", null)]
    public void The_soft_limit_counts(string line, long? expected) => Assert.Equal(expected, MemoryLockLimit.BytesIn(["Max processes 1 1", line]));

    [Theory]
    [InlineData("CapEff:\t000001ffffffffff", true)]
    [InlineData("CapEff:\t0000000000004000", true)]
    [InlineData("CapEff:\t0000000000003fff", false)]
    public void CAP_IPC_LOCK_is_one_bit(string line, bool expected) => Assert.Equal(expected, MemoryLockLimit.MayLockIn(["Name:\tx", line]));

    [Fact]
    public void Extents_past_the_end_of_the_file_are_not_the_files()
    {
        ExtentTally tally = new(10_000);
        tally.Add(new() { fe_logical = 0, fe_length = 4096, fe_flags = FIEMAP_EXTENT_SHARED });
        tally.Add(new() { fe_logical = 8192, fe_length = 8192, fe_flags = FIEMAP_EXTENT_UNWRITTEN });
        tally.Add(new() { fe_logical = 1 << 20, fe_length = 4096, fe_flags = FIEMAP_EXTENT_SHARED });

        Assert.Equal(new ExtentFacts(true, true, 2, 4096, 1808, 0, 4096, 0, 0, 0), tally.Result(mapped: true));
    }

    [Fact]
    public void What_was_not_looked_at_is_no_hole()
    {
        ExtentTally tally = new(1 << 20);
        tally.Add(new() { fe_logical = 0, fe_length = 4096 });
        tally.StopsAt(8192);

        Assert.Equal(new ExtentFacts(true, false, 1, 4096, 0, 0, 0, 0, 0, 0), tally.Result(mapped: true));
    }

    [Theory]
    [InlineData("upperdir=/u,lowerdir=/l", "/", "/o", "/o/a/f", "/u", "/a/f")]
    [InlineData("upperdir=/u,lowerdir=/l", "/sub", "/o", "/o/f", "/u", "/sub/f")]
    [InlineData("upperdir=/u,lowerdir=/l", "/", "/", "/etc/f", "/u", "/etc/f")]
    [InlineData("upperdir=u,lowerdir=l", "/", "/o", "/o/f", null, null)]
    [InlineData("lowerdir=/l", "/", "/o", "/o/f", null, null)]
    [InlineData("upperdir=/u\\,v,lowerdir=/l", "/", "/o", "/o/f", null, null)]
    [InlineData("upperdir=/u,lowerdir=/l", "/", "/o", "/elsewhere", null, null)]
    public void The_upper_file_is_looked_for_only_where_it_is_sure_to_be(
        string options, string root, string point, string name, string? directory, string? file)
    {
        (string Directory, string Name)? upper = OverlayProbe.UpperPathOf(new("0:1", root, point, "rw", "overlay", "o", options), name);

        Assert.Equal((directory, file), (upper?.Directory, upper?.Name));
    }

    [Fact]
    public void A_mount_is_found_by_its_number()
    {
        string[] mounts = ["6 1 0:5 / /x rw - tmpfs t rw", @"36 35 98:0 /r /mnt\040p rw,noatime master:1 - ext3 /dev/root rw,errors=continue"];

        Assert.Equal(new MountEntry("98:0", "/r", "/mnt p", "rw,noatime", "ext3", "/dev/root", "rw,errors=continue"), MountTable.Find(mounts, "36"));
        Assert.Null(MountTable.Find(mounts, "3"));
    }

    [Theory]
    [InlineData(PinStep.Pin, 0, false, PinOutcome.Granted, "can be registered")]
    [InlineData(PinStep.Pin, errno.EFAULT, false, PinOutcome.Refused, "since Linux 6.5")]
    [InlineData(PinStep.Pin, errno.EOPNOTSUPP, true, PinOutcome.Refused, "on DAX")]
    [InlineData(PinStep.Pin, errno.EOPNOTSUPP, false, PinOutcome.NotEstablished, "before 6.5")]
    [InlineData(PinStep.Pin, errno.ENOMEM, false, PinOutcome.NotEstablished, "RLIMIT_MEMLOCK (4096 bytes)")]
    [InlineData(PinStep.Pin, errno.EIO, false, PinOutcome.Refused, "EIO (5)")]
    [InlineData(PinStep.Ring, errno.EPERM, false, PinOutcome.NotEstablished, "kernel.io_uring_disabled=2")]
    [InlineData(PinStep.Ring, errno.ENOSYS, false, PinOutcome.NotEstablished, "seccomp")]
    [InlineData(PinStep.Ring, errno.ENOMEM, false, PinOutcome.NotEstablished, "RLIMIT_MEMLOCK (4096 bytes)")]
    [InlineData(PinStep.Ring, errno.EMFILE, false, PinOutcome.NotEstablished, "EMFILE")]
    [InlineData(PinStep.Map, errno.ENODEV, false, PinOutcome.Refused, "ENODEV")]
    [InlineData(PinStep.Load, errno.EINVAL, false, PinOutcome.NotEstablished, "older than 5.14")]
    [InlineData(PinStep.Load, errno.EFAULT, false, PinOutcome.NotEstablished, "cut off")]
    internal void An_answer_is_read_for_what_it_says_of_RDMA(PinStep step, int errno, bool dax, PinOutcome outcome, string meaning)
    {
        PinAnswer answer = new PinReading(dax, new(4096, false), "2").Of(PinMapping.Writable, new(step, errno));

        Assert.Equal(outcome, answer.Outcome);
        Assert.Contains(meaning, answer.Meaning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_of_a_read_only_mapping_is_not_taken_for_one_of_the_file()
    {
        PinReading reading = new(false, new(null, true), "0");

        Assert.Equal(PinOutcome.NotEstablished, reading.Of(PinMapping.ReadOnly, new(PinStep.Pin, errno.EFAULT)).Outcome);
        Assert.Equal(PinOutcome.Refused, reading.Of(PinMapping.Synchronous, new(PinStep.Map, errno.EOPNOTSUPP)).Outcome);
    }
}
