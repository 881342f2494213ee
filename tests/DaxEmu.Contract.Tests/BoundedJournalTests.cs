using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class BoundedJournalTests
{
    [Fact]
    public void Keeps_the_newest_events_in_order()
    {
        BoundedJournal journal = new(capacity: 4);
        for (int i = 1; i <= 10; i++)
        {
            journal.Append(Refused(World.File, i));
        }

        Assert.Equal([7L, 8, 9, 10], journal.Of().Select(e => e.Sequence));
        Assert.Equal([7, 8, 9, 10], journal.Of().Cast<PinRefused>().Select(e => e.Errno));
    }

    [Fact]
    public void Looks_up_the_events_of_one_file()
    {
        BoundedJournal journal = new(capacity: 10);
        journal.Append(Refused(World.File, 1));
        journal.Append(Refused(World.OtherFile, 2));
        journal.Append(Refused(World.File, 3));

        Assert.Equal([1, 3], journal.Of(World.File).Cast<PinRefused>().Select(e => e.Errno));
    }

    [Fact]
    public async Task A_follower_sees_what_is_appended_from_then_on_until_it_stops()
    {
        BoundedJournal journal = new();
        journal.Append(Refused(World.File, 1));
        EventFollower follower = journal.Follow();
        journal.Append(Refused(World.File, 2));
        journal.Append(Refused(World.File, 3));
        follower.Dispose();
        journal.Append(Refused(World.File, 4));

        List<long> seen = [];
        await foreach (ContractEvent entry in follower.Events.ReadAllAsync(World.Token))
        {
            seen.Add(entry.Sequence);
        }

        Assert.Equal([2L, 3], seen);
    }

    [Fact]
    public void A_follower_that_falls_behind_loses_the_oldest_and_holds_up_nobody()
    {
        BoundedJournal journal = new();
        using EventFollower follower = journal.Follow();
        for (int i = 0; i < EventFollower.Capacity + 5; i++)
        {
            journal.Append(Refused(World.File, i));
        }

        Assert.True(follower.Events.TryRead(out ContractEvent? first));
        Assert.Equal(6, first.Sequence);
    }

    [Fact]
    public void Appending_from_many_threads_loses_and_repeats_nothing()
    {
        const int Threads = 4;
        const int Each = 5_000;
        BoundedJournal journal = new(Threads * Each / 2);

        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                journal.Append(Refused(World.File, i));
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());

        Assert.Equal(
            Enumerable.Range((Threads * Each / 2) + 1, Threads * Each / 2).Select(i => (long)i), journal.Of().Select(e => e.Sequence));
    }

    [Fact]
    public void A_journal_keeps_at_least_one_event() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BoundedJournal(0));

    private static PinRefused Refused(FileIdentity file, int errno) => new(default, World.Wish(0, 1, file: file), errno, "because");
}
