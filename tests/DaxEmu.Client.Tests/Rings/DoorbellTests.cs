using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Client.Tests.Rings;

/// <summary>struct daxemu_doorbell, with the test in the place of the daemon's worker.</summary>
public sealed unsafe class DoorbellTests : IDisposable
{
    private readonly SafeFileHandle _file = MemoryFile.CreateSealed("doorbell", sizeof(daxemu_doorbell));
    private readonly MemoryMapping _daemon;
    private readonly EventDescriptor _wake = new();
    private readonly Doorbell _doorbell;

    public DoorbellTests()
    {
        _daemon = Map();
        _doorbell = new Doorbell(Map(), _wake);
    }

    private ref daxemu_doorbell Page => ref _daemon.At<daxemu_doorbell>(0);

    public void Dispose()
    {
        _doorbell.Dispose();
        _daemon.Dispose();
        _file.Dispose();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(63u)]
    [InlineData(64u)]
    [InlineData(4097u)]
    [InlineData(32767u)]
    public void Ringing_sets_the_queue_pairs_bit_and_its_words_bit_in_the_summary(uint handle)
    {
        _doorbell.Ring(handle);

        Assert.Equal(1ul << (int)(handle % 64), Page.bits[(int)(handle / 64)]);
        Assert.Equal(1ul << (int)(handle / 64 % 64), Page.summary[(int)(handle / 64 / 64)]);
    }

    [Fact]
    public void Ringing_leaves_the_bits_of_others_alone()
    {
        Page.bits[0] = 1;
        Page.summary[0] = 2;

        _doorbell.Ring(5);

        Assert.Equal(0b100001ul, Page.bits[0]);
        Assert.Equal(0b11ul, Page.summary[0]);
    }

    [Theory]
    [InlineData(0u, false)]
    [InlineData(1u, true)]
    public void Only_a_worker_that_sleeps_is_woken(uint asleep, bool isWoken)
    {
        Page.worker_asleep = asleep;

        _doorbell.Ring(1);

        Assert.Equal(isWoken, _wake.Reset());
    }

    [Fact]
    public void The_state_is_the_one_that_the_daemon_published()
    {
        Page.qp_state[9] = (byte)ibv_qp_state.IBV_QPS_RTS;

        Assert.Equal(QueuePairState.ReadyToSend, _doorbell.StateOf(9));
        Assert.Equal(QueuePairState.Reset, _doorbell.StateOf(8));
    }

    private MemoryMapping Map() => MemoryMapping.Map(_file, 0, sizeof(daxemu_doorbell), MemoryProtection.ReadWrite);
}
