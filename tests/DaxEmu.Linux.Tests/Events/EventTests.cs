using DaxEmu.Linux.Events;
using DaxEmu.Linux.Sockets;
using Xunit;

namespace DaxEmu.Linux.Tests.Events;

public sealed class EventTests
{
    private const long Forever = -1;

    [Fact]
    public void A_signal_is_taken_once_however_often_it_was_given()
    {
        using EventDescriptor signal = new();
        signal.Signal();
        signal.Signal();

        Assert.True(signal.Reset());
        Assert.False(signal.Reset());
    }

    [Fact]
    public void Epoll_gives_back_the_token_of_what_is_ready()
    {
        using EpollSet set = new();
        using EventDescriptor quiet = new();
        using EventDescriptor signalled = new();
        set.Add(quiet.Handle, 1);
        set.Add(signalled.Handle, 0xfedcba9876543210);

        signalled.Signal();

        Assert.Equal(1, set.Wait(Forever));
        Assert.Equal(0xfedcba9876543210, set.TokenOf(0));
    }

    [Fact]
    public void Epoll_finds_many_at_once()
    {
        using EpollSet set = new();
        EventDescriptor[] signals = [.. Enumerable.Range(0, 10).Select(_ => new EventDescriptor())];
        for (int i = 0; i < signals.Length; i++)
        {
            set.Add(signals[i].Handle, (ulong)i);
            signals[i].Signal();
        }

        int ready = set.Wait(Forever);

        Assert.Equal(Enumerable.Range(0, 10).Select(i => (ulong)i), Enumerable.Range(0, ready).Select(set.TokenOf).Order());
        Array.ForEach(signals, s => s.Dispose());
    }

    [Fact]
    public void Epoll_returns_when_the_time_is_over()
    {
        using EpollSet set = new();

        Assert.Equal(0, set.Wait(1000));
    }

    [Fact]
    public void A_removed_descriptor_is_no_longer_reported()
    {
        using EpollSet set = new();
        using EventDescriptor signal = new();
        set.Add(signal.Handle, 1);
        set.Remove(signal.Handle);
        signal.Signal();

        Assert.Equal(0, set.Wait(0));
    }

    [Fact]
    public void Waiting_allocates_nothing()
    {
        using EpollSet set = new();
        using EventDescriptor signal = new();
        set.Add(signal.Handle, 1);
        signal.Signal();

        // The first call of each method may allocate what the runtime needs to call it.
        set.Wait(Forever);
        signal.Reset();
        signal.Signal();

        // Once in a while the runtime itself allocates on this thread; what waiting did, it would do each time.
        Assert.Equal(0, Enumerable.Range(0, 3).Min(_ => Allocated(set, signal)));
    }

    private static long Allocated(EpollSet set, EventDescriptor signal)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            set.Wait(Forever);
            signal.Reset();
            signal.Signal();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void A_descriptor_is_readable_once_its_peer_has_sent_or_gone()
    {
        (SeqPacketConnection a, SeqPacketConnection b) = SeqPacketConnection.CreatePair();
        using (b)
        {
            Assert.False(Readiness.WaitReadable(b.Handle, TimeSpan.Zero));
            a.Dispose();
            Assert.True(Readiness.WaitReadable(b.Handle, Timeout.InfiniteTimeSpan));
        }
    }
}
