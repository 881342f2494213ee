using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_advise_mr_advice;
using static DaxEmu.Abi.ib_uverbs_advise_mr_flag;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;
using static DaxEmu.Abi.uverbs_attrs_advise_mr_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_default_objects;
using static DaxEmu.Abi.uverbs_methods_mr;

namespace DaxEmu.Device.Tests;

/// <summary>Regions on demand (IBV_ACCESS_ON_DEMAND): nothing is pinned, and each work request finds what the file has there.</summary>
public sealed class OnDemandTests : IDisposable
{
    private const uint OnDemand = TestVerbs.AllAccess | IBV_ACCESS_ON_DEMAND;
    private const ulong AddressA = 0x10_0000;
    private const ulong AddressB = 0x20_0000;
    private const ulong Page = 4096;
    private const ulong Length = 16 * Page;

    private readonly TestDevice _device = new();
    private readonly TestFile _source = new((long)Length);
    private readonly TestFile _file = new((long)Length);

    public void Dispose()
    {
        _device.Dispose();
        _source.Dispose();
        _file.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public async Task No_operation_waits_for_it_or_is_refused()
    {
        using TestClient client = _device.Open();
        client.TryRegister(client.AllocatePd(), _file.Handle, AddressB, Length, access: OnDemand);
        Pin pin = Assert.Single(_device.Contract.PinsOf());

        using LayoutDecision decision = await _device.Contract.RequestAsync(
            new(pin.Request.File, _file.Path, LayoutOperationKind.Truncate, ByteRange.From(0), new(1, 0, "truncate")),
            TestContext.Current.CancellationToken);

        Assert.Equal((PinKind.Odp, true), (pin.Request.Kind, pin.Yields));
        Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
        Assert.Equal([pin], _device.Contract.PinsOf());
    }

    [Fact]
    public void Past_the_end_of_the_file_a_work_request_fails_and_when_the_file_has_grown_again_the_region_reaches_it()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _file, AddressB, access: OnDemand);
        using TestQueuePair second = a.Client.CreateQp(TestVerbs.NewQp(a.Pd, a.Cq.Handle, 1));
        using TestQueuePair secondPeer = b.Client.CreateQp(TestVerbs.NewQp(b.Pd, b.Cq.Handle, 2));
        TestVerbs.Connect(a.Qp, b.Qp);
        TestVerbs.Connect(second, secondPeer);
        RandomAccess.Write(_source.Handle, "late"u8, 0);
        rxe_sge four = new() { addr = AddressA, length = 4, lkey = a.Region.lkey };

        RandomAccess.SetLength(_file.Handle, (long)(8 * Page));
        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, four, AddressB + (2 * Page), b.Region.rkey);
        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
        a.Qp.Post(IBV_WR_RDMA_WRITE, 2, four, AddressB + (10 * Page), b.Region.rkey);
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, a.Cq.Poll().status);
        RandomAccess.SetLength(_file.Handle, (long)Length);
        second.Post(IBV_WR_RDMA_WRITE, 3, four, AddressB + (10 * Page), b.Region.rkey);
        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);

        Assert.Equal("late"u8, _file.Content.AsSpan((int)(2 * Page), 4));
        Assert.Equal("late"u8, _file.Content.AsSpan((int)(10 * Page), 4));
        Assert.Empty(_device.Journal.Of().OfType<Breach>());
    }

    [Fact]
    public void A_region_outlives_a_truncate_and_sees_the_pages_that_come_after_it()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _file, AddressB, access: OnDemand);
        TestVerbs.Connect(a.Qp, b.Qp);
        RandomAccess.Write(_source.Handle, "anew"u8, 0);
        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All, AddressB, b.Region.rkey);
        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);

        RandomAccess.SetLength(_file.Handle, 0);
        RandomAccess.SetLength(_file.Handle, (long)Length);
        a.Qp.Post(
            IBV_WR_RDMA_WRITE, 2, new rxe_sge { addr = AddressA, length = 4, lkey = a.Region.lkey }, AddressB + (3 * Page), b.Region.rkey);

        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
        Assert.Equal("anew"u8, _file.Content.AsSpan((int)(3 * Page), 4));
        Assert.All(_file.Content[..(int)(3 * Page)], b => Assert.Equal(0, b));
    }

    [Fact]
    public void A_range_past_the_end_may_be_registered_of_files_and_of_memory_files()
    {
        using TestClient client = _device.Open();
        using SafeFileHandle memory = MemoryFile.CreateSealed("client", (long)Page);
        uint pd = client.AllocatePd();

        Registered(client.TryRegister(pd, _file.Handle, AddressA, Length + Page, access: OnDemand));
        Registered(client.TryRegister(pd, memory, AddressB, 4 * Page, access: OnDemand));
        Assert.Equal(EFAULT, client.TryRegister(pd, memory, AddressB, 4 * Page).Errno);
    }

    [Fact]
    public void All_of_the_address_space_at_once_is_refused_with_what_to_do()
    {
        using TestClient client = _device.Open();
        ib_uverbs_reg_mr request = new() { pd_handle = client.AllocatePd(), length = ulong.MaxValue, access_flags = OnDemand };

        TestReply refused = client.Write(TestClient.Framed(ib_uverbs_write_cmds.IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(request), 16));

        Assert.Equal(EINVAL, refused.Errno);
        Assert.Contains("register each buffer", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Advice_for_writing_brings_blocks_and_past_the_end_fails_when_it_is_waited_for()
    {
        using TestClient client = _device.Open();
        RandomAccess.SetLength(_file.Handle, 0);
        RandomAccess.SetLength(_file.Handle, (long)(8 * Page));
        uint pd = client.AllocatePd();
        uint key = Registered(client.TryRegister(pd, _file.Handle, AddressB, Length, access: OnDemand)).lkey;
        Assert.Equal(0, AdmissionVolume.AllocatedBy(_file.Path));

        Assert.Equal(0, Advise(client, pd, IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT, wait: true, key, AddressB, (uint)Length));
        Assert.Equal(0, AdmissionVolume.AllocatedBy(_file.Path));
        Assert.Equal(0, Advise(client, pd, IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE, wait: true, key, AddressB + 5000, 100));
        Assert.Equal(Page, (ulong)AdmissionVolume.AllocatedBy(_file.Path));
        Assert.Equal(0, Advise(client, pd, IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH, wait: true, key, AddressB, (uint)(8 * Page)));
        Assert.Equal(EFAULT, Advise(client, pd, IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH, wait: true, key, AddressB, (uint)Length));
        Assert.Equal(0, Advise(client, pd, IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH, wait: false, key, AddressB, (uint)Length));
    }

    [Fact]
    public void Advice_about_what_is_no_region_on_demand_of_that_domain_is_refused()
    {
        using TestClient client = _device.Open();
        uint pd = client.AllocatePd();
        uint other = client.AllocatePd();
        uint key = Registered(client.TryRegister(pd, _file.Handle, AddressB, Length, access: OnDemand)).lkey;
        uint readable = Registered(client.TryRegister(pd, _file.Handle, AddressB, Length, access: IBV_ACCESS_ON_DEMAND)).lkey;
        uint pinned = client.Register(pd, _file.Handle, AddressB, Length).lkey;
        const ulong Prefetch = IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH;
        const ulong Write = IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE;

        Assert.Equal(0, Advise(client, pd, Prefetch, wait: false, key, AddressB, (uint)Length));
        Assert.Equal(EINVAL, Advise(client, pd, Prefetch, wait: false, pinned, AddressB, 1));
        Assert.Equal(EINVAL, Advise(client, pd, Prefetch, wait: false, key + 1, AddressB, 1));
        Assert.Equal(EINVAL, Advise(client, other, Prefetch, wait: false, key, AddressB, 1));
        Assert.Equal(EINVAL, Advise(client, pd, Prefetch, wait: false, key, AddressB - 1, 1));
        Assert.Equal(EINVAL, Advise(client, pd, Prefetch, wait: false, key, AddressB + 1, (uint)Length));
        Assert.Equal(EPERM, Advise(client, pd, Write, wait: false, readable, AddressB, 1));
        Assert.Equal(EOPNOTSUPP, Advise(client, pd, 3, wait: false, key, AddressB, 1));
    }

    private static ib_uverbs_reg_mr_resp Registered(TestReply reply)
    {
        Assert.True(reply.Result > 0, reply.Text);
        return reply.Read<ib_uverbs_reg_mr_resp>();
    }

    private static int Advise(TestClient client, uint pd, ulong advice, bool wait, uint key, ulong address, uint length)
    {
        ib_uverbs_sge sge = new() { addr = address, length = length, lkey = key };
        TestIoctl call = new TestIoctl(UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR)
            .Handle(UVERBS_ATTR_ADVISE_MR_PD_HANDLE, pd)
            .In(UVERBS_ATTR_ADVISE_MR_ADVICE, advice)
            .In(UVERBS_ATTR_ADVISE_MR_FLAGS, wait ? IB_UVERBS_ADVISE_MR_FLAG_FLUSH : 0u)
            .In(UVERBS_ATTR_ADVISE_MR_SGE_LIST, MemoryMarshal.AsBytes(new ReadOnlySpan<ib_uverbs_sge>(in sge)).ToArray());
        return client.Ioctl(call.ToBytes()).Errno;
    }
}
