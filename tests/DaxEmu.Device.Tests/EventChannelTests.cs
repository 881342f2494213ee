using System.Net.Sockets;
using CsCheck;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device.Tests;

/// <summary>Events to a client that is slow, or dead: none is lost below the bound, and nobody waits.</summary>
public sealed class EventChannelTests : IDisposable
{
    private const int Limit = 5000;

    // socket(7), unix(7).
    private const int SOL_SOCKET = 1;
    private const int SO_PASSCRED = 16;

    private readonly EventPump _pump = new();
    private readonly EventChannel _channel;
    private readonly SeqPacketConnection _client;
    private readonly byte[] _buffer = new byte[64];
    private long _lost;
    private int _counter;

    public EventChannelTests()
    {
        _channel = new EventChannel(_pump, new EventBacklog(Limit), lost => _lost = lost);
        _client = new SeqPacketConnection(_channel.ClientEnd);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _pump.Dispose();
    }

    [Fact]
    public void More_events_than_the_socket_holds_arrive_in_order_when_the_client_reads()
    {
        Send(0, Limit);

        for (ulong i = 0; i < Limit; i++)
        {
            Assert.Equal(i, Receive());
        }

        Assert.Equal(Limit, _counter);
        Assert.Equal(EAGAIN, _client.TryReceive(_buffer, out _));
    }

    [Fact]
    public void What_the_client_has_read_is_told_at_the_end_and_nothing_comes_after_it()
    {
        Send(7, 1);
        Send(7, 1);
        Assert.Equal(7ul, Receive());

        Assert.Equal(1u, _channel.End(7, ref _counter));
        Send(7, 1);

        Assert.Equal(EAGAIN, _client.TryReceive(_buffer, out _));
    }

    [Fact]
    public void An_event_that_is_raised_while_its_object_ends_is_not_taken_for_read()
    {
        const int Rounds = 5000;
        int[] counters = new int[Rounds];
        CancellationToken stop = TestContext.Current.CancellationToken;
        using Barrier together = new(2);
        Thread raising = new(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                together.SignalAndWait(stop);
                _channel.Send(BitConverter.GetBytes((ulong)i), ref counters[i]);
            }
        });
        raising.Start();
        List<uint> reported = [];
        for (int i = 0; i < Rounds; i++)
        {
            together.SignalAndWait(stop);
            reported.Add(_channel.End((ulong)i, ref counters[i]));
        }

        raising.Join();
        Assert.Equal(Rounds, reported.Count(r => r == 0));
        Assert.Equal(EAGAIN, _client.TryReceive(_buffer, out _));
    }

    [Fact]
    public void Events_beyond_the_bound_are_counted_as_lost()
    {
        ulong sent = 0;
        while (_lost < 3)
        {
            Send(sent, 1);
            sent++;
        }

        Assert.Equal((int)sent - 3, _counter);
        for (ulong i = 0; i < sent - 3; i++)
        {
            Assert.Equal(i, Receive());
        }
    }

    [Fact]
    public void Withdrawing_takes_exactly_one_objects_events_and_keeps_the_order_of_the_others()
    {
        for (int i = 0; i < 1000; i++)
        {
            Send((ulong)(i % 3), 1);
        }

        Assert.Equal(0ul, Receive());
        Assert.Equal(333, _channel.Withdraw(1));

        ulong[] left = [.. Enumerable.Range(1, 999).Select(i => (ulong)(i % 3)).Where(handle => handle != 1)];
        Assert.Equal(left, left.Select(_ => Receive()));
        Assert.Equal(EAGAIN, _client.TryReceive(_buffer, out _));
    }

    [Fact]
    public void Credentials_that_the_client_asked_for_on_its_end_are_not_taken_for_descriptors()
    {
        // The client's end is the same socket in both processes, so its options are the client's to set.
        using Socket clientEnd = new(new SafeSocketHandle(_channel.ClientEnd.DangerousGetHandle(), ownsHandle: false));
        clientEnd.SetRawSocketOption(SOL_SOCKET, SO_PASSCRED, BitConverter.GetBytes(1));
        Send(1, 1);

        Assert.Equal(0, _client.TryReceive(_buffer, out ReceivedMessage message));

        // Not ours to close, whatever they are: numbers of a process, a user and a group.
        foreach (SafeFileHandle number in message.Descriptors)
        {
            number.SetHandleAsInvalid();
        }

        Assert.Empty(message.Descriptors);
    }

    [Fact]
    public void A_backlog_is_as_a_naive_model_whatever_is_added_sent_and_taken_back()
    {
        Check.Sample(
            Gen.Select(Gen.Int[0, 9], Gen.ULong[0, 3]).Array[0, 300],
            steps =>
            {
                EventBacklog backlog = new(20);
                List<ulong> model = [];
                foreach ((int step, ulong handle) in steps)
                {
                    switch (step)
                    {
                        case < 6:
                            bool fits = model.Count < 20;
                            Assert.Equal(fits, backlog.TryAdd(new ChannelEvent(BitConverter.GetBytes(handle))));
                            if (fits)
                            {
                                model.Add(handle);
                            }

                            break;
                        case < 9:
                            Assert.Equal(model.Count != 0, backlog.TryPeek(out ChannelEvent next));
                            if (model.Count != 0)
                            {
                                Assert.Equal(model[0], next.UserHandle);
                                backlog.Dequeue();
                                model.RemoveAt(0);
                            }

                            break;
                        default:
                            Assert.Equal(model.RemoveAll(h => h == handle), backlog.Withdraw(handle));
                            break;
                    }

                    Assert.Equal(model.Count == 0, backlog.IsEmpty);
                }
            });
    }

    [Fact]
    public void All_channels_of_a_user_keep_no_more_events_than_the_user_may_have()
    {
        UserQuota quota = new(1000, new DeviceServerOptions { SocketPath = "@none", MaxEventBacklogPerUser = 30 }, new MappingBudget(100));
        EventBacklog first = new(20, quota), second = new(20, quota);
        Assert.Equal(20, Enumerable.Range(0, 50).Count(_ => first.TryAdd(new ChannelEvent(BitConverter.GetBytes(1ul)))));
        Assert.Equal(10, Enumerable.Range(0, 50).Count(_ => second.TryAdd(new ChannelEvent(BitConverter.GetBytes(2ul)))));

        Assert.Equal(20, first.Withdraw(1));
        Assert.Equal(10, Enumerable.Range(0, 50).Count(_ => second.TryAdd(new ChannelEvent(BitConverter.GetBytes(2ul)))));
        second.Clear();
        Assert.Equal(20, Enumerable.Range(0, 50).Count(_ => first.TryAdd(new ChannelEvent(BitConverter.GetBytes(1ul)))));
    }

    [Fact]
    public void Withdrawing_from_a_full_channel_again_and_again_is_watched_once()
    {
        Send(0, Limit);

        for (int i = 0; i < 100; i++)
        {
            _channel.Withdraw(ulong.MaxValue);
        }

        // The pump may be about to look at it.
        Assert.True(SpinWait.SpinUntil(() => _pump.Watched == 1, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Sending_after_the_end_is_ignored()
    {
        _channel.Dispose();

        Send(1, 1);

        Assert.Equal((0, 0), (_counter, _channel.Withdraw(1)));
    }

    private void Send(ulong first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _channel.Send(BitConverter.GetBytes(first + (ulong)i), ref _counter);
        }
    }

    private ulong Receive()
    {
        Assert.Equal(8, _client.Receive(_buffer).Length);
        return BitConverter.ToUInt64(_buffer);
    }
}
