using System.Runtime.InteropServices;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device.Tests;

/// <summary>The notice that a region is wanted back, as a signal to the process that opened the device file and asked for one.</summary>
public sealed class LeaseSignalTests : IDisposable
{
    private const ulong Address = 0x10_0000;
    private const int Length = 8192;

    // SIGUSR2, which nothing else in the test process uses.
    private const int Signal = 12;

    private readonly TestDevice _device = new(runWorker: false, policy: Policy.LeaseRevoke);
    private readonly TestFile _file = new(Length);

    public void Dispose()
    {
        _device.Dispose();
        _file.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public async Task It_comes_besides_the_event_and_only_to_who_asked()
    {
        int signals = 0;
        using SemaphoreSlim came = new(0);
        using PosixSignalRegistration handler = PosixSignalRegistration.Create((PosixSignal)Signal, context =>
        {
            context.Cancel = true;
            Interlocked.Increment(ref signals);
            came.Release();
        });
        using TestClient asks = new(_device.Options.SocketPath);
        Assert.Equal(0, asks.Hello(leaseSignal: Signal).Result);
        asks.GetContext();
        using TestClient other = _device.Open();
        uint asked = asks.Register(asks.AllocatePd(), _file.Handle, Address, Length).mr_handle;
        uint quiet = other.Register(other.AllocatePd(), _file.Handle, Address, Length).mr_handle;

        ValueTask<LayoutDecision> cut = TruncateAsync();
        Assert.True(await came.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        asks.ReadAsyncEvent();
        other.ReadAsyncEvent();
        asks.Deregister(asked);
        other.Deregister(quiet);

        using LayoutDecision decision = await cut;
        Assert.Equal((LayoutVerdict.Proceed, 1), (decision.Verdict, Volatile.Read(ref signals)));
    }

    [Theory]
    [InlineData(0u, 0)]
    [InlineData(64u, 0)]
    [InlineData(65u, EINVAL)]
    [InlineData(uint.MaxValue, EINVAL)]
    public void A_number_of_no_signal_is_refused(uint signal, int expected)
    {
        using TestClient client = new(_device.Options.SocketPath);

        TestReply reply = client.Hello(leaseSignal: signal);

        Assert.Equal(expected, reply.Errno);
        Assert.Equal(expected != 0, reply.Text.Contains("1 to 64", StringComparison.Ordinal));
    }

    private ValueTask<LayoutDecision> TruncateAsync()
    {
        DescriptorStatus status = DescriptorStatus.Of(_file.Handle);
        return _device.Contract.RequestAsync(
            new(new(status.Device, status.Inode), _file.Path, LayoutOperationKind.Truncate, ByteRange.From(0), new(1, 0, "truncate")),
            TestContext.Current.CancellationToken);
    }
}
