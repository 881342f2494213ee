using System.Buffers.Binary;
using CsCheck;
using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_flags;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>Datagrams (IBTA 9.8.3): one packet each, to whom the work request says; what is not received is lost.</summary>
public sealed class DatagramTests : IDisposable
{
    private const uint HeaderBytes = 40;
    private const uint MaxBytes = 4096;

    private static readonly Gid LinkLocal = new(new UInt128(0xfe80_0000_0000_0000, 0x0250_56ff_fe00_0001));
    private static readonly Gid Elsewhere = new(new UInt128(0, 0x0000ffff_0a000009));

    private readonly Rig _rig = new();
    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly TestRegion _source;
    private readonly TestRegion _target;
    private readonly AddressHandle _handle;

    public DatagramTests()
    {
        _rig.Device.SetGidTable([LinkLocal, Rig.LocalGid]);
        _a = _rig.NewDatagramEndpoint(owner: 1);
        _b = _rig.NewDatagramEndpoint(owner: 2);
        _source = _a.Register(8192).Fill(1);
        _target = _b.Register(8192);
        _handle = Rig.Ok(_rig.Device.CreateAddressHandle(_a.Domain, PathTo(Rig.LocalGid, 1)));
    }

    public void Dispose() => _rig.Dispose();

    private static AddressVector PathTo(Gid gid, byte index) => new()
    {
        IsGlobal = true,
        PortNumber = 1,
        DestinationGid = gid,
        SourceGidIndex = index,
        HopLimit = 64,
        TrafficClass = 0x20,
        FlowLabel = 0xabcde,
    };

    private Post To(Endpoint receiver, uint length, ulong id = 1) => new()
    {
        Id = id,
        IsDatagram = true,
        RemoteQp = receiver.Qp.Number,
        RemoteQkey = Rig.Qkey,
        Handle = _handle.Number,
        Sges = [_source.Sge(0, length)],
    };

    private void NothingArrives(Post post)
    {
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(post).status);
        Assert.Empty(_b.ReceiveCq.TakeAll());
        Assert.All(_target.Bytes.ToArray(), b => Assert.Equal(0, b));
        Assert.Equal((IBV_QPS_RTS, IBV_QPS_RTS), (_a.State, _b.State));
        Assert.Empty(_rig.Events.Async);
    }

    [Theory]
    [InlineData(0U)]
    [InlineData(1U)]
    [InlineData(100U)]
    [InlineData(MaxBytes)]
    public void A_datagram_arrives_behind_40_bytes_of_network_header(uint length)
    {
        _b.PostReceive(7, _target.Sge(0, length + HeaderBytes));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, length)).status);

        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((7UL, IBV_WC_SUCCESS, IBV_WC_RECV), (received.wr_id, received.status, received.opcode));
        Assert.Equal((length + HeaderBytes, _a.Qp.Number, _b.Qp.Number), (received.byte_len, received.src_qp, received.qp_num));
        Assert.Equal(IBV_WC_GRH, received.wc_flags);
        Assert.Equal(_source.Bytes[..(int)length].ToArray(), _target.Bytes.Slice((int)HeaderBytes, (int)length).ToArray());
    }

    [Fact]
    public void Immediate_data_arrives()
    {
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8) with { Opcode = IBV_WR_SEND_WITH_IMM, Immediate = 99 }).status);
        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((IBV_WC_GRH | IBV_WC_WITH_IMM, 99U), (received.wc_flags, received.ex_imm_data));
        // UDP, BTH, DETH, immediate data, 8 bytes, ICRC.
        Assert.Equal(20 + 8 + 12 + 8 + 4 + 8 + 4, BinaryPrimitives.ReadUInt16BigEndian(_target.Bytes[22..]));
    }

    [Fact]
    public void Between_IPv4_addresses_the_header_is_an_IPv4_header_at_the_end_of_the_40_bytes()
    {
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 5)).status);

        Assert.Equal(8 | 2, _b.ReceiveCq.TakeOne().sl);
        var header = _target.Bytes[20..40];
        Assert.All(_target.Bytes[..20].ToArray(), b => Assert.Equal(0, b));
        Assert.Equal((0x45, 0x20, 64, 17), ((int)header[0], (int)header[1], (int)header[8], (int)header[9]));
        Assert.Equal(20 + 8 + 12 + 8 + 8 + 4, BinaryPrimitives.ReadUInt16BigEndian(header[2..]));
        Assert.Equal([10, 0, 0, 1, 10, 0, 0, 1], header[12..].ToArray());
        // RFC 1071: with the checksum in it, the words add up to all ones.
        uint sum = 0U;
        for (int i = 0; i < header.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(header[i..]);
        }

        Assert.Equal(0xffffU, (sum & 0xffff) + (sum >> 16));
    }

    [Fact]
    public void Between_IPv6_addresses_the_header_is_an_IPv6_header()
    {
        var handle = Rig.Ok(_rig.Device.CreateAddressHandle(_a.Domain, PathTo(LinkLocal, 0)));
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8) with { Handle = handle.Number }).status);

        Assert.Equal(8 | 1, _b.ReceiveCq.TakeOne().sl);
        var header = _target.Bytes[..40];
        Assert.Equal(0x620abcdeU, BinaryPrimitives.ReadUInt32BigEndian(header));
        Assert.Equal((8 + 12 + 8 + 8 + 4, 17, 64), ((int)BinaryPrimitives.ReadUInt16BigEndian(header[4..]), (int)header[6], (int)header[7]));
        Assert.Equal((LinkLocal, LinkLocal), (Gid.FromBytes(header[8..24]), Gid.FromBytes(header[24..40])));
    }

    [Fact]
    public void Any_datagram_arrives_whole_over_any_scattering() => Gen.Select(Gen.Int[0, (int)MaxBytes], Gen.Int[0, 4135], Gen.Int).Sample(
        (length, cut, seed) =>
        {
            using Rig rig = new();
            rig.Device.SetGidTable([LinkLocal, Rig.LocalGid]);
            var (a, b) = (rig.NewDatagramEndpoint(owner: 1), rig.NewDatagramEndpoint(owner: 2));
            var (source, target) = (a.Register(MaxBytes).Fill(seed), b.Register(8192));
            var handle = Rig.Ok(rig.Device.CreateAddressHandle(a.Domain, PathTo(Rig.LocalGid, 1)));
            uint whole = (uint)length + HeaderBytes;
            uint first = Math.Min((uint)cut, whole);
            b.PostReceive(7, target.Sge(0, first), target.Sge(first + 3, whole - first));
            a.Do(new Post
            {
                IsDatagram = true,
                RemoteQp = b.Qp.Number,
                RemoteQkey = Rig.Qkey,
                Handle = handle.Number,
                Sges = [source.Sge(0, (uint)length / 3), source.Sge((uint)length / 3, (uint)length - ((uint)length / 3))],
            });
            Assert.Equal(whole, b.ReceiveCq.TakeOne().byte_len);
            byte[] gathered = [.. target.Bytes[..(int)first], .. target.Bytes.Slice((int)first + 3, (int)(whole - first))];
            Assert.Equal(source.Bytes[..length].ToArray(), gathered[(int)HeaderBytes..]);
        },
        iter: 200,
        threads: 1);

    [Theory]
    [InlineData(IBV_WR_RDMA_WRITE)]
    [InlineData(IBV_WR_RDMA_READ)]
    [InlineData(IBV_WR_ATOMIC_FETCH_AND_ADD)]
    [InlineData(IBV_WR_SEND_WITH_INV)]
    [InlineData(77U)]
    public void Anything_but_a_send_is_refused_and_stops_the_send_queue(uint opcode)
    {
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, _a.Do(To(_b, 8) with { Opcode = opcode }).status);
        Assert.Equal(IBV_QPS_SQE, _a.State);
        Rig.Ok(_a.Modify(new QpAttributes { State = IBV_QPS_RTS }, IBV_QP_STATE));
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8)).status);
        Assert.Equal(IBV_WC_SUCCESS, _b.ReceiveCq.TakeOne().status);
    }

    [Fact]
    public void More_than_the_MTU_is_a_length_error()
    {
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_LOC_LEN_ERR, _a.Do(To(_b, MaxBytes + 1)).status);
        Assert.Empty(_b.ReceiveCq.TakeAll());
    }

    [Fact]
    public void Without_a_receive_the_datagram_is_lost() => NothingArrives(To(_b, 8));

    [Fact]
    public void A_receive_without_room_for_header_and_data_waits_for_the_next_datagram()
    {
        _b.PostReceive(7, _target.Sge(0, HeaderBytes + 7));
        NothingArrives(To(_b, 8));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 7)).status);
        Assert.Equal((7UL, HeaderBytes + 7), _b.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.byte_len) : default);
    }

    [Fact]
    public void Another_Qkey_is_not_received()
    {
        _b.PostReceive(7, _target.Whole);
        NothingArrives(To(_b, 8) with { RemoteQkey = Rig.Qkey + 1 });
        // Not the sender's own, as the high bit would mean, when that is another.
        Rig.Ok(_a.Modify(new QpAttributes { Qkey = 5 }, IBV_QP_QKEY));
        NothingArrives(To(_b, 8) with { RemoteQkey = 0x8000_0000 });
    }

    [Fact]
    public void A_Qkey_with_the_high_bit_means_the_senders_own()
    {
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8) with { RemoteQkey = 0x8000_0000 }).status);
        Assert.Equal(IBV_WC_SUCCESS, _b.ReceiveCq.TakeOne().status);
    }

    [Theory]
    [InlineData(0U)]
    [InlineData(1U)]
    [InlineData(0x00ff_ffffU)]
    [InlineData(0xffff_ffffU)]
    public void Nobody_there_is_as_good_as_lost(uint number)
    {
        _b.PostReceive(7, _target.Whole);
        NothingArrives(To(_b, 8) with { RemoteQp = number });
    }

    [Fact]
    public void A_connected_queue_pair_takes_no_datagram()
    {
        var (reliable, _) = _rig.NewPair();
        var target = reliable.Register(64);
        reliable.PostReceive(9, target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(reliable, 8)).status);
        Assert.Empty(reliable.ReceiveCq.TakeAll());
        Assert.Equal(IBV_QPS_RTS, reliable.State);
    }

    [Fact]
    public void A_queue_pair_that_is_not_ready_takes_no_datagram()
    {
        _b.PostReceive(7, _target.Whole);
        Rig.Ok(_b.Modify(new QpAttributes { State = IBV_QPS_ERR }, IBV_QP_STATE));
        _rig.Run();
        _b.ReceiveCq.TakeAll();
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8)).status);
        Assert.Empty(_b.ReceiveCq.TakeAll());
    }

    [Fact]
    public void A_datagram_reaches_its_own_sender()
    {
        var inbox = _a.Register(64);
        _a.PostReceive(8, inbox.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_a, 8)).status);
        Assert.Equal((8UL, _a.Qp.Number), _a.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.src_qp) : default);
    }

    [Fact]
    public void A_receive_with_a_bad_key_fails_the_receiver_alone()
    {
        _b.PostReceive(7, _target.Whole with { lkey = _target.Key ^ 1 });
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8)).status);
        Assert.Equal((7UL, IBV_WC_LOC_PROT_ERR), _b.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.status) : default);
        Assert.Equal((IBV_QPS_RTS, IBV_QPS_ERR), (_a.State, _b.State));
    }

    [Fact]
    public unsafe void A_scribbled_receive_ring_fails_the_receiver_alone()
    {
        _b.ReceiveRing.Header->producer_index = 32;
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8)).status);
        Assert.Equal((IBV_QPS_RTS, IBV_QPS_ERR), (_a.State, _b.State));
        Assert.Equal([(IBV_EVENT_QP_FATAL, _b.Qp.Number, _b.Qp.Request.Cookie)], _rig.Events.Async);
    }

    [Fact]
    public void A_send_with_a_bad_key_fails_at_the_sender_alone()
    {
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_LOC_PROT_ERR, _a.Do(To(_b, 8) with { Sges = [_source.Sge(0, 8) with { lkey = 1 }] }).status);
        Assert.Equal((IBV_QPS_SQE, IBV_QPS_RTS), (_a.State, _b.State));
        Assert.Empty(_b.ReceiveCq.TakeAll());
    }

    public static TheoryData<string> NoHandles => ["scribbled", "destroyed", "another domain's", "of an index beyond the table"];

    [Theory]
    [MemberData(nameof(NoHandles))]
    public void A_handle_that_is_none_of_the_senders_is_refused_at_the_sender(string which)
    {
        uint number = which switch
        {
            "scribbled" => _handle.Number ^ 1,
            "another domain's" => Rig.Ok(_rig.Device.CreateAddressHandle(_b.Domain, PathTo(Rig.LocalGid, 1))).Number,
            "destroyed" => _handle.Number,
            _ => uint.MaxValue,
        };
        if (which == "destroyed")
        {
            Rig.Ok(_rig.Device.DestroyAddressHandle(_handle));
        }

        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, _a.Do(To(_b, 8) with { Handle = number }).status);
        Assert.Empty(_b.ReceiveCq.TakeAll());
    }

    [Fact]
    public void A_datagram_to_an_address_of_another_device_does_not_reach_a_queue_pair_of_this_one()
    {
        _rig.Device.SetGidTables([[[LinkLocal, Rig.LocalGid]], [[Elsewhere]]]);
        var handle = Rig.Ok(_rig.Device.CreateAddressHandle(_a.Domain, PathTo(Elsewhere, 1)));
        _b.PostReceive(7, _target.Whole);
        NothingArrives(To(_b, 8) with { Handle = handle.Number });

        var domain = Rig.Ok(_rig.Device.AllocateDomain(owner: 3, device: 1));
        var c = _rig.NewDatagramEndpoint(owner: 3, domain: domain);
        c.PostReceive(9, c.Register(64).Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(c, 8) with { Handle = handle.Number }).status);
        Assert.Equal(9UL, c.ReceiveCq.TakeOne().wr_id);
    }

    [Fact]
    public void An_address_in_the_work_request_serves_as_well_as_a_handle()
    {
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8) with { Handle = 0, Address = InPlace(Rig.LocalGid, Rig.LocalGid) }).status);
        Assert.Equal((7UL, (byte)10), _b.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.sl) : default);
        Assert.Equal([10, 0, 0, 1, 10, 0, 0, 1], _target.Bytes[32..40].ToArray());

        _b.PostReceive(8, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(To(_b, 8) with { Handle = 0, Address = InPlace(LinkLocal, LinkLocal) }).status);
        Assert.Equal((8UL, (byte)9), _b.ReceiveCq.TakeOne() is var d ? (d.wr_id, d.sl) : default);
        Assert.Equal(LinkLocal, Gid.FromBytes(_target.Bytes[8..24]));
    }

    [Fact]
    public void A_made_up_sender_in_the_work_request_is_refused()
    {
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(
            IBV_WC_LOC_QP_OP_ERR, _a.Do(To(_b, 8) with { Handle = 0, Address = InPlace(Elsewhere, Rig.LocalGid) }).status);
        Rig.Ok(_a.Modify(new QpAttributes { State = IBV_QPS_RTS }, IBV_QP_STATE));
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, _a.Do(To(_b, 8) with { Handle = 0 }).status);
        Assert.Empty(_b.ReceiveCq.TakeAll());
    }

    private static rxe_av InPlace(Gid source, Gid destination)
    {
        rxe_av address = new() { port_num = 1, grh_hop_limit = 3 };
        destination.CopyTo(address.grh_dgid);
        if (source.IsIPv4)
        {
            address.sgid_addr_family = 2;
            address.sgid_addr_in = BinaryPrimitives.ReverseEndianness((uint)source.Value);
        }
        else
        {
            address.sgid_addr_family = 10;
            source.CopyTo(address.sgid_addr_in6);
        }

        return address;
    }
}
