using DaxEmu.Abi;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Client.Tests.Rings;

/// <summary>The rings of rdma/rdma_user_rxe.h, with the test in the place of the daemon.</summary>
public sealed unsafe class SharedRingTests : IDisposable
{
    private const int ElementSize = 64;
    private const int Slots = 4;

    private readonly SafeFileHandle _file;
    private readonly MemoryMapping _daemon;

    public SharedRingTests()
    {
        _file = MemoryFile.CreateSealed("ring", sizeof(rxe_queue_buf) + (Slots * ElementSize));
        _daemon = Map();
        Head.log2_elem_size = 6;
        Head.index_mask = Slots - 1;
    }

    private ref rxe_queue_buf Head => ref _daemon.At<rxe_queue_buf>(0);

    public void Dispose()
    {
        _daemon.Dispose();
        _file.Dispose();
    }

    [Fact]
    public void A_producer_fills_all_slots_but_one()
    {
        using SharedRing ring = SharedRing.ForProducer(Map(), ElementSize);

        int filled = 0;
        for (byte* slot; (slot = ring.Reserve()) != null; filled++)
        {
            *(int*)slot = filled;
            ring.Publish();
        }

        Assert.Equal(Slots - 1, filled);
        Assert.Equal(filled, ring.Capacity);
        Assert.Equal(3u, Head.producer_index);
        Assert.Equal([0, 1, 2], Enumerable.Range(0, filled).Select(ElementAt));
    }

    [Fact]
    public void A_full_ring_takes_more_once_the_daemon_has_consumed()
    {
        using SharedRing ring = SharedRing.ForProducer(Map(), ElementSize);
        Fill(ring);
        Assert.True(ring.Reserve() == null);

        Head.consumer_index = 2;

        Assert.Equal(2, Fill(ring));
        Assert.Equal(1u, Head.producer_index);
    }

    [Fact]
    public void What_is_reserved_is_not_seen_before_it_is_published()
    {
        using SharedRing ring = SharedRing.ForProducer(Map(), ElementSize);

        *(int*)ring.Reserve() = 7;

        Assert.Equal(0u, Head.producer_index);
    }

    [Fact]
    public void A_consumer_takes_elements_in_order_across_the_wrap()
    {
        Head.producer_index = Head.consumer_index = 3;
        using SharedRing ring = SharedRing.ForConsumer(Map(), ElementSize);
        Assert.True(ring.Peek() == null);
        SetElement(3, 30);
        SetElement(0, 31);

        Head.producer_index = 1;

        Assert.Equal(30, *(int*)ring.Peek());
        ring.Release();
        Assert.Equal(0u, Head.consumer_index);
        Assert.Equal(31, *(int*)ring.Peek());
        ring.Release();
        Assert.Equal(1u, Head.consumer_index);
        Assert.True(ring.Peek() == null);
    }

    [Fact]
    public void An_index_beyond_the_mask_stays_inside_the_ring()
    {
        using SharedRing ring = SharedRing.ForConsumer(Map(), ElementSize);

        Head.producer_index = 0xffff_fff2;

        SetElement(0, 5);
        Assert.Equal(5, *(int*)ring.Peek());
        ring.Release();
        ring.Peek();
        ring.Release();
        Assert.True(ring.Peek() == null);
    }

    [Theory]
    [InlineData(6u, 7u, "more slots than the mapping holds")]
    [InlineData(6u, 2u, "a mask that is none")]
    [InlineData(6u, 0u, "one slot, which can hold nothing")]
    [InlineData(5u, 3u, "elements smaller than needed")]
    [InlineData(40u, 3u, "elements larger than memory")]
    public void A_head_that_does_not_fit_is_refused(uint log2ElementSize, uint mask, string why)
    {
        Head.log2_elem_size = log2ElementSize;
        Head.index_mask = mask;
        using MemoryMapping mapping = Map();

        RdmaException refusal = Assert.Throws<RdmaException>(() => SharedRing.ForProducer(mapping, ElementSize));

        Assert.True(refusal.Errno == errno.EPROTO, why);
    }

    [Fact]
    public void No_element_is_lost_or_torn_between_two_threads()
    {
        const int count = 200_000;
        using SharedRing producer = SharedRing.ForProducer(Map(), ElementSize);
        using SharedRing consumer = SharedRing.ForConsumer(Map(), ElementSize);
        Thread filler = new(() =>
        {
            for (long i = 0; i < count;)
            {
                byte* slot = producer.Reserve();
                if (slot != null)
                {
                    new Span<long>(slot, ElementSize / sizeof(long)).Fill(i++);
                    producer.Publish();
                }
                else
                {
                    Thread.Yield();
                }
            }
        });
        filler.Start();

        for (long expected = 0; expected < count;)
        {
            byte* slot = consumer.Peek();
            if (slot != null)
            {
                Assert.False(new Span<long>(slot, ElementSize / sizeof(long)).ContainsAnyExcept(expected));
                consumer.Release();
                expected++;
            }
            else
            {
                Thread.Yield();
            }
        }

        filler.Join();
    }

    private static int Fill(SharedRing ring)
    {
        int filled = 0;
        while (ring.Reserve() != null)
        {
            ring.Publish();
            filled++;
        }

        return filled;
    }

    private MemoryMapping Map() =>
        MemoryMapping.Map(_file, 0, sizeof(rxe_queue_buf) + (Slots * ElementSize), MemoryProtection.ReadWrite);

    private int ElementAt(int slot) => _daemon.At<int>(sizeof(rxe_queue_buf) + (slot * ElementSize));

    private void SetElement(int slot, int value) => _daemon.At<int>(sizeof(rxe_queue_buf) + (slot * ElementSize)) = value;
}
