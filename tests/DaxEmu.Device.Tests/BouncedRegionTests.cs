using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_type;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Device.Tests;

/// <summary>Regions of files that are not mapped (Admission:Mapping is bounce): the file is the truth, and the device copies.</summary>
public sealed class BouncedRegionTests : IDisposable
{
    private const ulong AddressA = 0x10_0000;
    private const ulong AddressB = 0x20_0000;
    private const int Page = 4096;
    private const int Length = 16 * Page;
    private const uint Four = 4;

    private readonly TestDevice _device = new();
    private readonly TestFile _source = new(Length);
    private readonly TestFile _file = new(Length);

    public BouncedRegionTests() => _device.FilePolicy.Rules = new(Mapping: MappingRule.Bounce);

    public void Dispose()
    {
        _device.Dispose();
        _source.Dispose();
        _file.Dispose();
        Assert.Equal((0, 0), (_device.Mappings.Count, _device.Server.Services.Bounced.Count));
        Assert.Empty(_device.Log.Failures);
    }

    [Theory]
    [InlineData(IBV_WR_RDMA_WRITE)]
    [InlineData(IBV_WR_RDMA_READ)]
    [InlineData(IBV_WR_SEND)]
    public void Every_byte_goes_between_two_files_of_which_no_page_is_mapped(uint opcode)
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _file, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        byte[] pattern = [.. Enumerable.Range(0, Length).Select(i => (byte)((i * 31 / 7) + 1))];
        RandomAccess.Write(opcode == IBV_WR_RDMA_READ ? _file.Handle : _source.Handle, pattern, 0);
        b.Qp.PostReceive(7, b.All);

        a.Qp.Post(opcode, 42, a.All, AddressB, b.Region.rkey);

        Assert.Equal((42ul, IBV_WC_SUCCESS), Ended(a));
        Assert.Equal(pattern, opcode == IBV_WR_RDMA_READ ? _source.Content : _file.Content);
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith(_file.Path, StringComparison.Ordinal));
        Assert.All(_device.Contract.PinsOf(), pin => Assert.Equal((PinMapping.Bounce, true), (pin.Request.Mapping, pin.Yields)));
    }

    [Fact]
    public void An_offset_in_the_middle_of_a_page_is_met_to_the_byte()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _source, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        RandomAccess.Write(_source.Handle, "here"u8, 0);
        uint key = Registered(b.Client.TryRegister(b.Pd, _file.Handle, AddressB + 5000, 1000, offset: 5000)).rkey;

        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All with { length = Four }, AddressB + 5000 + 996, key);
        Assert.Equal((1ul, IBV_WC_SUCCESS), Ended(a));
        a.Qp.Post(IBV_WR_RDMA_WRITE, 2, a.All with { length = Four }, AddressB + 5000 + 997, key);
        Assert.Equal((2ul, IBV_WC_REM_ACCESS_ERR), Ended(a));

        Assert.Equal("here"u8, _file.Content.AsSpan(5996, 4));
        Assert.Equal(4, _file.Content.Count(b => b != 0));
    }

    [Theory]
    [InlineData(Policy.Deny)]
    [InlineData(Policy.Ignore)]
    [InlineData(Policy.Wait)]
    [InlineData(Policy.LeaseRevoke)]
    [InlineData(Policy.LeaseKill)]
    [InlineData(Policy.Legacy)]
    [InlineData(Policy.Odp)]
    public async Task Under_every_policy_a_cut_proceeds_and_the_region_shows_what_the_file_has(Policy policy)
    {
        using TestDevice device = new(policy: policy);
        device.FilePolicy.Rules = _device.FilePolicy.Rules;
        using Side a = new(device, _source, AddressA);
        using Side b = new(device, _file, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        RandomAccess.Write(_source.Handle, "late"u8, 0);
        rxe_sge four = a.All with { length = Four };
        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, four, AddressB + (10 * Page), b.Region.rkey);
        Assert.Equal((1ul, IBV_WC_SUCCESS), Ended(a));

        await CutAsync(device, 8 * Page);
        RandomAccess.SetLength(_file.Handle, Length);
        a.Qp.Post(IBV_WR_RDMA_READ, 2, four, AddressB + (10 * Page), b.Region.rkey);
        Assert.Equal((2ul, IBV_WC_SUCCESS), Ended(a));
        Assert.Equal(new byte[4], _source.Content[..4]);

        await CutAsync(device, 8 * Page);
        a.Qp.Post(IBV_WR_RDMA_WRITE, 3, four, AddressB + (7 * Page), b.Region.rkey);
        Assert.Equal((3ul, IBV_WC_SUCCESS), Ended(a));
        a.Qp.Post(IBV_WR_RDMA_WRITE, 4, four, AddressB + (8 * Page) - 1, b.Region.rkey);
        Assert.Equal((4ul, IBV_WC_REM_ACCESS_ERR), Ended(a));

        Assert.Equal(8 * Page, RandomAccess.GetLength(_file.Handle));
        SpinWait.SpinUntil(() => device.Journal.Of().OfType<AccessFailed>().Any(), TimeSpan.FromSeconds(30));
        AccessFailed failed = Assert.Single(device.Journal.Of().OfType<AccessFailed>());
        Assert.Equal(LayoutOperationKind.Truncate, failed.Cause!.Kind);
        Assert.Contains("past the end of the file", failed.Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain(device.Journal.Of(), e => e is Breach or Divergence or PagesOrphaned or PinRevoked);
        Assert.Equal(2, device.Contract.PinsOf().Count);
    }

    [Fact]
    public async Task A_file_that_is_cut_again_and_again_in_mid_write_is_never_made_longer()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _file, AddressB);
        using TestQueuePair from = a.Client.CreateQp(TestVerbs.NewQp(a.Pd, a.Cq.Handle) with { qp_type = (byte)IBV_QPT_UC });
        using TestQueuePair to = b.Client.CreateQp(TestVerbs.NewQp(b.Pd, b.Cq.Handle) with { qp_type = (byte)IBV_QPT_UC });
        ConnectUnreliably(from, to);
        int grown = 0;
        int written = 0;
        for (int round = 0; round < 300; round++)
        {
            RandomAccess.SetLength(_file.Handle, Length);
            for (ulong i = 0; i < 4; i++)
            {
                from.Post(IBV_WR_RDMA_WRITE, i, a.All with { length = Page }, AddressB + Length - Page, b.Region.rkey);
            }

            // As soon as one has arrived, so that others are under way.
            Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
            await CutAsync(_device, 0);
            for (int i = 1; i < 4; i++)
            {
                Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
            }

            grown += RandomAccess.GetLength(_file.Handle) == 0 ? 0 : 1;
            written++;
        }

        Assert.Equal((0, 300), (grown, written));
    }

    [Fact]
    public async Task While_an_operation_that_cuts_the_file_is_carried_out_a_work_request_waits()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _file, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        LayoutDecision cut = await _device.Contract.RequestAsync(Truncate(8 * Page), TestContext.Current.CancellationToken);
        Assert.Equal(LayoutVerdict.Proceed, cut.Verdict);

        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All with { length = Four }, AddressB, b.Region.rkey);
        // Another queue pair's copy between files that nobody cuts goes on meanwhile, on the same thread.
        using TestFile other = new(Page);
        uint key = Registered(b.Client.TryRegister(b.Pd, other.Handle, 0x80_0000, Page)).rkey;
        using Side c = new(_device, _source, AddressA);
        using TestQueuePair second = b.Client.CreateQp(TestVerbs.NewQp(b.Pd, b.Cq.Handle));
        TestVerbs.Connect(c.Qp, second);
        c.Qp.Post(IBV_WR_RDMA_WRITE, 2, c.All with { length = Four }, 0x80_0000, key);
        Assert.Equal((2ul, IBV_WC_SUCCESS), Ended(c));
        Assert.False(a.Cq.TryPoll(out _), "a copy was made while the file was being cut");

        cut.Dispose();
        Assert.Equal((1ul, IBV_WC_SUCCESS), Ended(a));
    }

    [Fact]
    public void On_a_full_disk_the_work_request_fails_and_an_event_says_why()
    {
        using TemporaryFilesystem small = new("256k");
        using TestFile file = new(0, small.Path);
        RandomAccess.SetLength(file.Handle, Length);
        using (Side a = new(_device, _source, AddressA))
        using (Side b = new(_device, file, AddressB))
        {
            TestVerbs.Connect(a.Qp, b.Qp);
            small.Fill();

            a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All, AddressB, b.Region.rkey);

            Assert.Equal((1ul, IBV_WC_REM_ACCESS_ERR), Ended(a));
            SpinWait.SpinUntil(() => _device.Journal.Of().OfType<AccessFailed>().Any(), TimeSpan.FromSeconds(30));
            AccessFailed failed = Assert.Single(_device.Journal.Of().OfType<AccessFailed>());
            Assert.Null(failed.Cause);
            Assert.Contains("errno 28 (No space left on device)", failed.Evidence, StringComparison.Ordinal);
            Assert.Equal(Length, RandomAccess.GetLength(file.Handle));
        }

        SpinWait.SpinUntil(() => _device.Server.Services.Bounced.Count == 0, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Additions_by_two_sessions_to_one_word_of_a_file_that_two_others_have_registered_are_all_counted()
    {
        const int Each = 400;
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _file, AddressB);
        using Side c = new(_device, _source, AddressA);
        using Side d = new(_device, _file, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        TestVerbs.Connect(c.Qp, d.Qp);

        for (ulong round = 0; round < Each; round++)
        {
            foreach ((Side from, Side to) in new[] { (a, b), (c, d) })
            {
                from.Qp.PostWith(
                    IBV_WR_ATOMIC_FETCH_AND_ADD, round, from.All with { length = 8 },
                    new rxe_send_wr { wr_atomic_remote_addr = AddressB + 64, wr_atomic_rkey = to.Region.rkey, wr_atomic_compare_add = 1 });
            }

            Assert.Equal((round, IBV_WC_SUCCESS), Ended(a));
            Assert.Equal((round, IBV_WC_SUCCESS), Ended(c));
        }

        Assert.Equal(2ul * Each, BitConverter.ToUInt64(_file.Content, 64));
    }

    [Fact]
    public void An_atomic_write_and_a_comparison_meet_the_word_in_the_file()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _file, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        RandomAccess.Write(_source.Handle, BitConverter.GetBytes(41ul), 0);
        rxe_sge word = a.All with { length = 8 };

        a.Qp.Post(IBV_WR_ATOMIC_WRITE, 1, word, AddressB + 8, b.Region.rkey);
        Assert.Equal((1ul, IBV_WC_SUCCESS), Ended(a));
        a.Qp.PostWith(
            IBV_WR_ATOMIC_CMP_AND_SWP, 2, word,
            new rxe_send_wr
            {
                wr_atomic_remote_addr = AddressB + 8,
                wr_atomic_rkey = b.Region.rkey,
                wr_atomic_compare_add = 41,
                wr_atomic_swap = 7,
            });
        Assert.Equal((2ul, IBV_WC_SUCCESS), Ended(a));

        Assert.Equal((7ul, 41ul), (BitConverter.ToUInt64(_file.Content, 8), BitConverter.ToUInt64(_source.Content, 0)));
    }

    [Fact]
    public void Flags_that_the_client_sets_on_its_descriptor_do_not_move_what_the_device_writes()
    {
        using Side a = new(_device, _source, AddressA);
        using SafeFileHandle appending = Reopened(_file.Path, fcntl.O_RDWR | fcntl.O_APPEND);
        using Side b = new(_device, _source, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        RandomAccess.Write(_source.Handle, "here"u8, 0);
        uint key = Registered(b.Client.TryRegister(b.Pd, appending, AddressB, Length)).rkey;

        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All with { length = Four }, AddressB + Page, key);

        Assert.Equal((1ul, IBV_WC_SUCCESS), Ended(a));
        Assert.Equal(Length, _file.Content.Length);
        Assert.Equal("here"u8, _file.Content.AsSpan(Page, 4));
    }

    [Fact]
    public void A_region_that_goes_away_in_mid_write_leaves_the_file_alone_from_then_on()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _source, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        RandomAccess.Write(_source.Handle, Enumerable.Repeat((byte)0xa5, Length).ToArray(), 0);
        ib_uverbs_reg_mr_resp region = Registered(b.Client.TryRegister(b.Pd, _file.Handle, AddressB, Length));

        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All, AddressB, region.rkey);
        Assert.Equal(0, b.Client.Deregister(region.mr_handle).Errno);
        RandomAccess.Write(_file.Handle, new byte[Length], 0);

        uint status = a.Cq.Poll().status;
        Assert.True(status is IBV_WC_SUCCESS or IBV_WC_REM_ACCESS_ERR, $"status {status}");
        Assert.DoesNotContain(_file.Content, b => b != 0);
    }

    [Fact]
    public void More_queue_pairs_than_a_session_takes_copies_of_at_a_time_are_all_served()
    {
        const int Pairs = 300;
        using TestClient from = _device.Open();
        using TestClient to = _device.Open();
        (uint pdFrom, uint pdTo) = (from.AllocatePd(), to.AllocatePd());
        using TestCompletionQueue cq = from.CreateCq(512);
        using TestCompletionQueue cqTo = to.CreateCq(1);
        uint lkey = Registered(from.TryRegister(pdFrom, _source.Handle, AddressA, Length)).lkey;
        uint rkey = Registered(to.TryRegister(pdTo, _file.Handle, AddressB, Length)).rkey;
        List<TestQueuePair> pairs = [];
        for (int i = 0; i < Pairs; i++)
        {
            pairs.Add(from.CreateQp(TestVerbs.NewQp(pdFrom, cq.Handle)));
            pairs.Add(to.CreateQp(TestVerbs.NewQp(pdTo, cqTo.Handle)));
            TestVerbs.Connect(pairs[^2], pairs[^1]);
        }

        for (int i = 0; i < Pairs; i++)
        {
            pairs[2 * i].Post(IBV_WR_RDMA_WRITE, (ulong)i, new rxe_sge { addr = AddressA, length = Length, lkey = lkey }, AddressB, rkey);
        }

        for (int i = 0; i < Pairs; i++)
        {
            Assert.Equal(IBV_WC_SUCCESS, cq.Poll().status);
        }

        pairs.ForEach(qp => qp.Dispose());
    }

    [Fact]
    public void A_region_on_demand_bounces_too_also_past_the_end_of_the_file()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _source, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        uint key = Registered(b.Client.TryRegister(
            b.Pd, _file.Handle, AddressB, 2 * Length, access: TestVerbs.AllAccess | IBV_ACCESS_ON_DEMAND)).rkey;
        Assert.Contains(_device.Contract.PinsOf(), pin => pin.Request is { Kind: PinKind.Odp, Mapping: PinMapping.Bounce });

        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All, AddressB, key);
        Assert.Equal((1ul, IBV_WC_SUCCESS), Ended(a));
        a.Qp.Post(IBV_WR_RDMA_WRITE, 2, a.All with { length = Four }, AddressB + Length, key);
        Assert.Equal((2ul, IBV_WC_REM_ACCESS_ERR), Ended(a));
        Assert.Equal(Length, _file.Content.Length);
    }

    [Fact]
    public void What_cannot_bounce_is_refused_with_what_to_do()
    {
        using TestClient client = _device.Open();
        uint pd = client.AllocatePd();
        using SafeFileHandle memory = MemoryFile.CreateSealed("client", Page);
        ib_uverbs_reg_mr request = new()
        {
            pd_handle = pd,
            start = AddressA,
            length = 2 * Page,
            hca_va = AddressA,
            access_flags = TestVerbs.AllAccess,
        };
        daxemu_segment file = new() { address = AddressA, length = Page, protection = 3 };

        TestReply mixed = client.Write(
            TestClient.Framed(IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(request), 16),
            [file, file with { address = AddressA + Page }],
            _file.Handle, memory);
        TestReply both = client.Write(
            TestClient.Framed(IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(request), 16),
            [file, file with { address = AddressA + Page, offset = 4 * Page }],
            _file.Handle, _source.Handle);

        Assert.Equal(EOPNOTSUPP, mixed.Errno);
        Assert.Contains("as regions of their own", mixed.Text, StringComparison.Ordinal);
        Assert.True(both.Result > 0, both.Text);
        Assert.Equal(2, _device.Contract.PinsOf().Count);
    }

    [Fact]
    public void Who_may_only_read_a_file_registers_it_for_reading()
    {
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _source, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        RandomAccess.Write(_file.Handle, "seen"u8, 0);
        using SafeFileHandle readOnly = _file.OpenReadOnly();
        uint key = Registered(b.Client.TryRegister(b.Pd, readOnly, AddressB, Length, access: IBV_ACCESS_REMOTE_READ, protection: 1)).rkey;

        a.Qp.Post(IBV_WR_RDMA_READ, 1, a.All with { length = Four }, AddressB, key);

        Assert.Equal((1ul, IBV_WC_SUCCESS), Ended(a));
        Assert.Equal("seen"u8, _source.Content.AsSpan(0, 4));
        Assert.Equal(EFAULT, b.Client.TryRegister(b.Pd, readOnly, AddressB, Length).Errno);
    }

    private static (ulong Id, uint Status) Ended(Side side)
    {
        ib_uverbs_wc completion = side.Cq.Poll();
        return (completion.wr_id, completion.status);
    }

    private static ib_uverbs_reg_mr_resp Registered(TestReply reply)
    {
        Assert.True(reply.Result > 0, reply.Text);
        return reply.Read<ib_uverbs_reg_mr_resp>();
    }

    private static SafeFileHandle Reopened(string path, int flags)
    {
        Assert.Equal(0, Linux.Files.FileContents.Open(path, flags, out SafeFileHandle? file) < 0 ? -1 : 0);
        return file!;
    }

    private static void ConnectUnreliably(TestQueuePair a, TestQueuePair b)
    {
        foreach ((TestQueuePair self, TestQueuePair peer) in new[] { (a, b), (b, a) })
        {
            ib_uverbs_modify_qp[] steps = [TestVerbs.ToInit(self.Handle), TestVerbs.ToRtr(self.Handle, peer.Number), TestVerbs.ToRts(self.Handle)];
            steps[1].attr_mask &= ~(uint)(IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
            steps[2].attr_mask &= ~(uint)(IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC);
            foreach (ib_uverbs_modify_qp step in steps)
            {
                TestReply reply = self.Client.TryModify(step);
                Assert.True(reply.Result > 0, reply.Text);
            }
        }
    }

    private LayoutOperation Truncate(ulong length)
    {
        DescriptorStatus status = DescriptorStatus.Of(_file.Handle);
        return new(
            new FileIdentity(status.Device, status.Inode), _file.Path, LayoutOperationKind.Truncate, ByteRange.From(length), new(1, 0, "truncate"));
    }

    // As a guard does it.
    private async Task CutAsync(TestDevice device, long length)
    {
        using LayoutDecision cut = await device.Contract.RequestAsync(Truncate((ulong)length), TestContext.Current.CancellationToken);
        Assert.Equal(LayoutVerdict.Proceed, cut.Verdict);
        RandomAccess.SetLength(_file.Handle, length);
    }
}
