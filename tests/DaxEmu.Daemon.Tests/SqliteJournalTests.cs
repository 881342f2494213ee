using System.Diagnostics;
using DaxEmu.Contract;
using DaxEmu.Daemon.Journal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace DaxEmu.Daemon.Tests;

public sealed class SqliteJournalTests : IDisposable
{
    private static readonly FileIdentity File1 = new(8, 1001);
    private static readonly FileIdentity File2 = new(8, 1002);

    private readonly TemporaryDirectory _directory = new();

    private string Database => Path.Combine(_directory.Path, "journal.db");

    [Fact]
    public void What_one_daemon_decided_the_next_one_knows_in_order_with_its_numbers()
    {
        List<ContractEvent> written = [.. Kinds()];
        using (SqliteJournal first = Open())
        {
            written.ForEach(first.Append);
        }

        using SqliteJournal second = Open();

        Assert.Equal(
            written.Select((e, i) => Compared(e with { Sequence = i + 1 })), second.Of().Select(Compared));
        Assert.All(second.Of(File2), e => Assert.Equal(File2, e.File));
        second.Append(written[0]);
        Assert.Equal(written.Count + 1, second.Of()[^1].Sequence);
        Assert.Equal(0, second.Unwritten);
    }

    [Fact]
    public void Nothing_needs_to_be_closed_for_an_event_to_be_there()
    {
        using SqliteJournal open = Open();
        open.Append(Kinds().First());
        string copy = _directory.Make("copy");
        foreach (string file in Directory.GetFiles(_directory.Path))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        using SqliteJournal copied = new(Path.Combine(copy, "journal.db"), 100, NullLogger<SqliteJournal>.Instance);

        Assert.Single(copied.Of());
    }

    [Fact]
    public void It_keeps_no_more_than_its_capacity_and_the_file_stops_growing()
    {
        using (SqliteJournal journal = Open(capacity: 64))
        {
            for (int i = 0; i < 2_000; i++)
            {
                journal.Append(Granted(i, File1));
            }
        }

        long size = new FileInfo(Database).Length;
        using (SqliteJournal journal = Open(capacity: 64))
        {
            Assert.Equal(Enumerable.Range(1937, 64).Select(i => (long)i), journal.Of().Select(e => e.Sequence));
            for (int i = 0; i < 2_000; i++)
            {
                journal.Append(Granted(i, File1));
            }
        }

        Assert.InRange(new FileInfo(Database).Length, 1, size);
    }

    [Theory]
    [InlineData("this is no database at all, but long enough to be read as the header of one, which SQLite checks first of all .........")]
    [InlineData(null)]
    public void A_damaged_file_is_put_aside_and_a_new_one_begun(string? contents)
    {
        if (contents is null)
        {
            // A database that is cut in half.
            using (SqliteJournal journal = Open())
            {
                Enumerable.Range(0, 500).ToList().ForEach(i => journal.Append(Granted(i, File1)));
            }

            using FileStream file = File.OpenWrite(Database);
            file.SetLength(file.Length / 2);
        }
        else
        {
            File.WriteAllText(Database, contents);
        }

        using (SqliteJournal journal = Open())
        {
            journal.Append(Granted(1, File2));
            Assert.Equal(0, journal.Unwritten);
        }

        using SqliteJournal again = Open();
        Assert.Single(again.Of(File2));
        Assert.True(File.Exists(Database + ".damaged"));
    }

    [Fact]
    public void A_full_disk_costs_the_file_not_the_decision_and_writing_goes_on_when_there_is_room()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a small filesystem needs root (CAP_SYS_ADMIN)");
        string small = _directory.Make("small");
        Run("mount", "-t", "tmpfs", "-o", "size=256k", "none", small);
        try
        {
            RecordedLog log = new();
            using SqliteJournal journal = new(Path.Combine(small, "journal.db"), 100_000, log);
            string ballast = Path.Combine(small, "ballast");
            File.WriteAllBytes(ballast, new byte[64 * 1024]);
            int written = 0;
            while (journal.Unwritten == 0)
            {
                journal.Append(Granted(written++, File1));
                Assert.InRange(written, 0, 10_000);
            }

            Assert.Equal(written, journal.Of().Count);
            Assert.Contains(log.Lines, l => l.Contains("cannot be written", StringComparison.Ordinal));

            File.Delete(ballast);
            journal.Append(Granted(written, File1));
            Assert.Equal(0, journal.Unwritten);
            Assert.Contains(log.Lines, l => l.Contains("can be written again", StringComparison.Ordinal));
        }
        finally
        {
            Run("umount", small);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_made_leaves_a_journal_in_memory()
    {
        RecordedLog log = new();
        using SqliteJournal journal = new(_directory.Make("is-a-directory"), 100, log);

        journal.Append(Granted(1, File1));

        Assert.Single(journal.Of());
        Assert.Equal(1, journal.Unwritten);
        Assert.Contains(log.Lines, l => l.Contains("cannot be written", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_its_owner_may_read_the_file()
    {
        using SqliteJournal journal = Open();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Database));
    }

    public void Dispose() => _directory.Dispose();

    private static PinGranted Granted(int id, FileIdentity file)
    {
        PinRequest request = new(
            file, "/vol/data", new(4096, 8192), PinAccess.Read | PinAccess.Write, PinKind.LongTerm, PinMapping.PageCache,
            new(1234, 1000, 7, "rdma_server"), "rkey 0x1a03");
        return new(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), new(id, request, new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)));
    }

    // One event of each kind.
    private static IEnumerable<ContractEvent> Kinds()
    {
        PinGranted granted = Granted(1, File1);
        LayoutOperation operation = new(File2, "/vol/\"other\"\n", LayoutOperationKind.Truncate, ByteRange.From(10), new(99, 1000, "truncate"));
        PolicySetting policy = new(Policy.LeaseKill, PolicyScope.File, "/vol/other (user.daxemu.policy)", "a problem");
        yield return granted;
        yield return new PinRefused(granted.At, granted.Pin.Request with { File = File2 }, 14, "The range is empty.");
        yield return new LayoutWaits(granted.At, operation, [granted.Pin], 1, policy, granted.At + TimeSpan.FromSeconds(45));
        yield return new PinRevoked(granted.At, granted.Pin, operation, true);
        yield return new LayoutDecided(granted.At, operation, [granted.Pin], 1, policy, LayoutVerdict.Proceed, 0);
        yield return new PinInvalidated(granted.At, granted.Pin, new(5000, 6000), operation);
        yield return new AccessFailed(granted.At, granted.Pin, new(5000, 6000), operation);
        yield return new PagesOrphaned(granted.At, granted.Pin, new(4096, 8192), operation);
        yield return new Divergence(granted.At, granted.Pin, new(4096, 8192), PinAccess.Write, operation);
        yield return new NotDurable(granted.At, granted.Pin, [new(4096, 8192)], 4096, operation.Requester);
        yield return new Breach(granted.At, granted.Pin, new(5000, 6000), "a page is gone");
        yield return new PinReleased(granted.At, granted.Pin);
    }

    // Records compare their lists by reference.
    private static string Compared(ContractEvent entry) =>
        System.Text.Json.JsonSerializer.Serialize(entry, Admin.AdminJson.Default.ContractEvent);

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private SqliteJournal Open(int capacity = 1_000) => new(Database, capacity, NullLogger<SqliteJournal>.Instance);

    private sealed class RecordedLog : ILogger<SqliteJournal>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
