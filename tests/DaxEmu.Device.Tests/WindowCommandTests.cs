using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_device_cap_flags;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Device.Tests;

/// <summary>alloc_mw and dealloc_mw.</summary>
public sealed class WindowCommandTests : IDisposable
{
    private readonly TestDevice _device = new(runWorker: false);
    private readonly TestClient _client;
    private readonly uint _pd;

    public WindowCommandTests()
    {
        _client = _device.Open();
        _pd = _client.AllocatePd();
    }

    public void Dispose()
    {
        _client.Dispose();
        _device.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void The_device_says_that_it_has_windows()
    {
        ib_uverbs_query_device_resp device = _client
            .Command<ib_uverbs_query_device, ib_uverbs_query_device_resp>(IB_USER_VERBS_CMD_QUERY_DEVICE, default)
            .Read<ib_uverbs_query_device_resp>();
        const uint Windows = IB_UVERBS_DEVICE_MEM_WINDOW | IB_UVERBS_DEVICE_MEM_WINDOW_TYPE_2B;
        Assert.Equal((Windows, (uint)_device.Nic.Options.MaxMemoryWindows), (device.device_cap_flags & Windows, device.max_mw));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_window_is_counted_until_it_is_deallocated(byte type)
    {
        ib_uverbs_alloc_mw_resp window = Allocate(_pd, type).Read<ib_uverbs_alloc_mw_resp>();
        Assert.NotEqual(0u, window.rkey);
        Assert.Equal(1, _device.Server.Snapshot.Objects.MemoryWindows);
        Assert.Equal(EBUSY, _client.DeallocatePd(_pd).Errno);

        Assert.Equal(0, Deallocate(window.mw_handle).Errno);
        Assert.Equal(0, _device.Server.Snapshot.Objects.MemoryWindows);
        Assert.Equal(ENOENT, Deallocate(window.mw_handle).Errno);
        Assert.Equal(0, _client.DeallocatePd(_pd).Errno);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Other_types_are_EINVAL(byte type) => Assert.Equal(EINVAL, Allocate(_pd, type).Errno);

    [Fact]
    public void Without_its_domain_there_is_no_window() => Assert.Equal(EINVAL, Allocate(_pd + 1, 1).Errno);

    [Fact]
    public void A_client_that_dies_leaves_no_windows()
    {
        DeviceServerOptions two = new() { SocketPath = "@daxemu-test-" + Guid.NewGuid(), MaxObjectsPerUser = 2 };
        using TestDevice device = new(two, runWorker: false);
        for (int i = 0; i < 3; i++)
        {
            using TestClient client = device.Open();
            uint pd = client.AllocatePd();
            Assert.Equal(0, Allocate(pd, 2, client).Errno);
            Assert.Equal(ENOMEM, Allocate(pd, 2, client).Errno);
            client.Dispose();
            device.Log.TakeClosed();
        }
    }

    private TestReply Allocate(uint pd, byte type, TestClient? client = null) =>
        (client ?? _client).Try<ib_uverbs_alloc_mw, ib_uverbs_alloc_mw_resp>(
            IB_USER_VERBS_CMD_ALLOC_MW, new ib_uverbs_alloc_mw { pd_handle = pd, mw_type = type });

    private TestReply Deallocate(uint window) =>
        _client.Try(IB_USER_VERBS_CMD_DEALLOC_MW, new ib_uverbs_dealloc_mw { mw_handle = window });
}
