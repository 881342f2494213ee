using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;
using static DaxEmu.Abi.linux_falloc;

namespace DaxEmu.Device.Tests;

/// <summary>
/// The policy legacy below a guard: the test itself asks the contract and carries out what it was allowed, so that it can fail, or end, when
/// the test wants.
/// </summary>
public sealed partial class KeptPagesTests : IDisposable
{
    private const ulong SourceAddress = 0x10_0000;
    private const ulong TargetAddress = 0x20_0000;
    private const uint Page = 4096;
    private const uint Length = 16 * Page;

    private readonly TestDevice _device = new(policy: Policy.Legacy);
    private readonly TestFile _source = new(Length);
    private readonly TestFile _target = new(Length);
    private readonly Side _writer;

    public KeptPagesTests()
    {
        for (int page = 0; page < 16; page++)
        {
            Fill(_target, page);
        }

        _writer = new Side(_device, _source, SourceAddress);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _device.Dispose();
        _source.Dispose();
        _target.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Theory]
    [InlineData(LayoutOperationKind.CollapseRange, (int)FALLOC_FL_COLLAPSE_RANGE)]
    [InlineData(LayoutOperationKind.InsertRange, (int)FALLOC_FL_INSERT_RANGE)]
    public void A_shift_of_what_follows_leaves_every_page_from_its_offset_on_to_the_region(LayoutOperationKind kind, int mode)
    {
        using LoopVolume volume = new();
        using TestFile file = new(Length, volume.Path);
        for (int page = 0; page < 16; page++)
        {
            Fill(file, page);
        }

        using (Side holder = Connect(file))
        {
            CarryOut(file, kind, Page, Page, () => Assert.Equal(0, fallocate(file.Handle, mode, Page, Page)));

            Write(holder, 12 * Page, (byte)'C');
            Assert.DoesNotContain((byte)'C', file.Content);
            Assert.Equal((byte)'C', Read(holder, 12 * Page));
            Assert.Equal((byte)'c', Read(holder, 2 * Page));
            Write(holder, 0, (byte)'A');
            Assert.Equal((byte)'A', file.Content[0]);
            Assert.Equal(kind == LayoutOperationKind.CollapseRange ? (byte)'c' : (byte)0, file.Content[Page]);
        }
    }

    [Fact]
    public void An_operation_that_fails_leaves_region_and_file_one()
    {
        using Side holder = Connect(_target);
        LayoutDecision decision = Ask(_target, LayoutOperationKind.ZeroRange, new(0, Length));
        Post(_writer, holder, 3 * Page, (byte)'X');
        RandomAccess.Write(_target.Handle, "M"u8, (3 * Page) + 1);

        decision.Settle(carriedOut: false);
        decision.Dispose();

        Assert.Equal(IBV_WC_SUCCESS, _writer.Cq.Poll().status);
        Assert.Equal("XM"u8, _target.Content.AsSpan(3 * (int)Page, 2));
        Assert.Equal((byte)'M', Read(holder, (3 * Page) + 1));
        Assert.Empty(_device.Journal.Of().OfType<PagesOrphaned>());
        Assert.Empty(_device.Journal.Of().OfType<Divergence>());
    }

    [Fact]
    public void A_write_that_meets_an_operation_waits_for_it_and_reaches_the_kept_page()
    {
        using Side holder = Connect(_target);
        LayoutDecision decision = Ask(_target, LayoutOperationKind.PunchHole, new(0, Length));
        Post(_writer, holder, 3 * Page, (byte)'X');
        Punch(_target, 0, Length);
        Assert.False(_writer.Cq.TryPoll(out _));

        decision.Dispose();

        Assert.Equal(IBV_WC_SUCCESS, _writer.Cq.Poll().status);
        Assert.Equal((byte)'X', Read(holder, 3 * Page));
        Assert.DoesNotContain(_target.Content, b => b != 0);
    }

    [Fact]
    public void Regions_of_two_clients_and_two_pieces_of_one_region_keep_a_page_in_common()
    {
        const ulong Twice = TargetAddress + (1 << 20);
        using Side one = Connect(_target);
        using Side two = new(_device, _target, TargetAddress);
        using Side reader = new(_device, _source, SourceAddress);
        TestVerbs.Connect(reader.Qp, two.Qp);
        ib_uverbs_reg_mr_resp twice = RegisterTwice(two, Twice, 5 * Page);
        Assert.Equal(4, _device.Contract.PinsOf(IdentityOf(_target)).Count);

        CarryOut(_target, LayoutOperationKind.PunchHole, 5 * Page, Page, () => Punch(_target, 5 * Page, Page));
        Write(one, 5 * Page, (byte)'X');

        Assert.Equal((byte)'X', Read(reader, TargetAddress + (5 * Page), two.Region.rkey));
        Assert.Equal((byte)'X', Read(reader, Twice, twice.rkey));
        Post(reader, Twice + Page, twice.rkey, (byte)'Z');
        Assert.Equal(IBV_WC_SUCCESS, reader.Cq.Poll().status);
        Assert.Equal((byte)'Z', Read(one, 5 * Page));
        Assert.Equal(0, one.Client.Deregister(one.Region.mr_handle).Errno);
        Assert.Equal((byte)'Z', Read(reader, Twice, twice.rkey));
        Assert.Equal(0, _target.Content[5 * (int)Page]);
    }

    [Fact]
    public void A_region_registered_after_the_operation_shares_the_files_new_page_and_not_the_kept_one()
    {
        using Side holder = Connect(_target);
        CarryOut(_target, LayoutOperationKind.PunchHole, 0, Page, () => Punch(_target, 0, Page));
        ib_uverbs_reg_mr_resp fresh = holder.Client.Register(holder.Pd, _target.Handle, TargetAddress + (1 << 20), Length);

        Post(_writer, TargetAddress + (1 << 20), fresh.rkey, (byte)'N');
        Assert.Equal(IBV_WC_SUCCESS, _writer.Cq.Poll().status);

        Assert.Equal((byte)'N', _target.Content[0]);
        Assert.Equal((byte)'a', Read(holder, 0));
    }

    [Fact]
    public async Task A_registration_during_the_operation_waits_and_shares_what_the_file_has_afterwards()
    {
        using Side holder = Connect(_target);
        LayoutDecision decision = Ask(_target, LayoutOperationKind.PunchHole, new(0, Length));
        Task<ib_uverbs_reg_mr_resp> registration = Task.Run(
            () => holder.Client.Register(holder.Pd, _target.Handle, TargetAddress + (1 << 20), Length), TestContext.Current.CancellationToken);
        Punch(_target, 0, Length);
        Assert.Single(_device.Contract.PinsOf(IdentityOf(_target)));

        decision.Dispose();

        Post(_writer, TargetAddress + (1 << 20), (await registration).rkey, (byte)'N');
        Assert.Equal(IBV_WC_SUCCESS, _writer.Cq.Poll().status);
        Assert.Equal((byte)'N', _target.Content[0]);
    }

    [Fact]
    public void A_region_that_goes_while_the_operation_is_under_way_takes_what_it_kept_with_it()
    {
        int before = MappingsOfOrphans();
        using (Side holder = new(_device, _target, TargetAddress))
        {
            LayoutDecision decision = Ask(_target, LayoutOperationKind.PunchHole, new(0, Length));
            Assert.Equal(0, holder.Client.Deregister(holder.Region.mr_handle).Errno);
            Punch(_target, 0, Length);
            decision.Dispose();
        }

        using (Side holder = new(_device, _target, TargetAddress))
        {
            CarryOut(_target, LayoutOperationKind.PunchHole, 0, Page, () => Punch(_target, 0, Page));
            CarryOut(_target, LayoutOperationKind.PunchHole, 4 * Page, Page, () => Punch(_target, 4 * Page, Page));
            Assert.Equal(before + 2, MappingsOfOrphans());
            Assert.Equal(0, holder.Client.Deregister(holder.Region.mr_handle).Errno);
        }

        Assert.Equal(before, MappingsOfOrphans());
    }

    [Fact]
    public void A_page_that_nobody_was_asked_about_stays_missing_and_is_not_kept_as_zeros()
    {
        using Side holder = Connect(_target);
        RandomAccess.SetLength(_target.Handle, 4 * Page);

        CarryOut(_target, LayoutOperationKind.PunchHole, 3 * Page, 2 * Page, () => Punch(_target, 3 * Page, 2 * Page));

        Assert.Equal((byte)'d', Read(holder, 3 * Page));
        Post(_writer, holder, 4 * Page, (byte)'X');
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, _writer.Cq.Poll().status);
    }

    [Fact]
    public void A_user_whose_regions_have_their_share_of_mappings_keeps_no_more_and_the_operation_fails()
    {
        using TestDevice small = new(
            new DeviceServerOptions { SocketPath = "@daxemu-test-" + Guid.NewGuid(), MaxMappings = 16 }, policy: Policy.Legacy);
        using Side holder = new(small, _target, TargetAddress);
        int refused = -1;
        for (uint page = 0; page < 16 && refused < 0; page += 2)
        {
            using LayoutDecision decision = Ask(_target, LayoutOperationKind.PunchHole, ByteRange.OfLength(page * Page, Page), small);
            refused = decision.Verdict == LayoutVerdict.Refuse ? decision.Errno : -1;
        }

        Assert.Equal(errno.ENOMEM, refused);
        Assert.Equal(0, holder.Client.Deregister(holder.Region.mr_handle).Errno);
        _ = holder.Client.Register(holder.Pd, _target.Handle, TargetAddress, Length);
        using LayoutDecision again = Ask(_target, LayoutOperationKind.PunchHole, new(0, Page), small);
        Assert.Equal(LayoutVerdict.Proceed, again.Verdict);
    }

    [Fact]
    public void Each_use_of_a_kept_page_is_in_the_journal_with_region_process_bytes_and_operation()
    {
        using Side holder = Connect(_target);
        CarryOut(_target, LayoutOperationKind.PunchHole, Page, 2 * Page, () => Punch(_target, Page, 2 * Page));

        Write(holder, Page, (byte)'X');
        Write(holder, Page, (byte)'Y');
        Read(holder, 2 * Page);
        Assert.Equal(0, holder.Client.Deregister(holder.Region.mr_handle).Errno);

        PagesOrphaned orphaned = Assert.Single(_device.Journal.Of().OfType<PagesOrphaned>());
        Assert.Equal(new ByteRange(Page, 3 * Page), orphaned.Range);
        Assert.Equal(
            [(new ByteRange(Page, 2 * Page), PinAccess.Write), (new ByteRange(2 * Page, 3 * Page), PinAccess.Read)],
            _device.Journal.Of().OfType<Divergence>().Select(d => (d.Range, d.Access)));
        Assert.All(_device.Journal.Of().OfType<Divergence>(), d => Assert.Equal(
            ($"rkey 0x{holder.Region.rkey:x}", Environment.ProcessId, _target.Path, LayoutOperationKind.PunchHole, "fallocate"),
            (d.Pin.Request.Region, d.Pin.Request.Owner.ProcessId, d.Path, d.Cause.Kind, d.Cause.Requester.Command)));
    }

    // One region of two pieces, which are the same page of the file.
    private ib_uverbs_reg_mr_resp RegisterTwice(Side holder, ulong address, ulong offset)
    {
        ib_uverbs_reg_mr request = new()
        {
            pd_handle = holder.Pd,
            start = address,
            length = 2 * Page,
            hca_va = address,
            access_flags = TestVerbs.AllAccess,
        };
        TestReply reply = holder.Client.Write(
            TestClient.Framed(
                ib_uverbs_write_cmds.IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(request), Unsafe.SizeOf<ib_uverbs_reg_mr_resp>()),
            [
                new daxemu_segment { address = address, length = Page, offset = offset, protection = 3 },
                new daxemu_segment { address = address + Page, length = Page, offset = offset, protection = 3 },
            ],
            _target.Handle,
            _target.Handle);
        Assert.True(reply.Result > 0, reply.Text);
        return reply.Read<ib_uverbs_reg_mr_resp>();
    }

    private static void Fill(TestFile file, int page)
    {
        byte[] bytes = new byte[Page];
        Array.Fill(bytes, (byte)('a' + page));
        RandomAccess.Write(file.Handle, bytes, page * Page);
    }

    private static void Punch(TestFile file, long offset, long length) =>
        Assert.Equal(0, fallocate(file.Handle, (int)(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE), offset, length));

    private static FileIdentity IdentityOf(TestFile file)
    {
        DescriptorStatus status = DescriptorStatus.Of(file.Handle);
        return new(status.Device, status.Inode);
    }

    private static int MappingsOfOrphans() => File.ReadLines("/proc/self/maps").Count(l => l.Contains("daxemu-orphans", StringComparison.Ordinal));

    private Side Connect(TestFile file)
    {
        Side holder = new(_device, file, TargetAddress);
        TestVerbs.Connect(_writer.Qp, holder.Qp);
        return holder;
    }

    private LayoutDecision Ask(TestFile file, LayoutOperationKind kind, ByteRange range, TestDevice? device = null)
    {
        Task<LayoutDecision> asked = (device ?? _device).Contract.RequestAsync(
            new(IdentityOf(file), file.Path, kind, range, new Requester(1, 0, "fallocate")), CancellationToken.None).AsTask();
        Assert.True(asked.IsCompleted);
        return asked.GetAwaiter().GetResult();
    }

    private void CarryOut(TestFile file, LayoutOperationKind kind, ulong offset, ulong length, Action operation)
    {
        using LayoutDecision decision = Ask(file, kind, LayoutReaches.RangeOf(kind, offset, length));
        Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
        operation();
    }

    private void Post(Side from, Side to, ulong offset, byte value) => Post(from, TargetAddress + offset, to.Region.rkey, value);

    private void Post(Side from, ulong address, uint rkey, byte value)
    {
        RandomAccess.Write(_source.Handle, [value], 0);
        from.Qp.Post(IBV_WR_RDMA_WRITE, 1, new rxe_sge { addr = SourceAddress, length = 1, lkey = from.Region.lkey }, address, rkey);
    }

    private void Write(Side holder, ulong offset, byte value)
    {
        Post(_writer, holder, offset, value);
        Assert.Equal(IBV_WC_SUCCESS, _writer.Cq.Poll().status);
    }

    private byte Read(Side holder, ulong offset) => Read(_writer, TargetAddress + offset, holder.Region.rkey);

    private byte Read(Side from, ulong address, uint rkey)
    {
        from.Qp.Post(IBV_WR_RDMA_READ, 2, new rxe_sge { addr = SourceAddress, length = 1, lkey = from.Region.lkey }, address, rkey);
        Assert.Equal(IBV_WC_SUCCESS, from.Cq.Poll().status);
        return _source.Content[0];
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);
}
