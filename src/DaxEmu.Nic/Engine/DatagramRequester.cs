using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;
using static DaxEmu.Abi.ibv_send_flags;
using static DaxEmu.Abi.ibv_wc_flags;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic;

/// <summary>
/// Carries out the current work request of a datagram queue pair (IBTA 9.8.3): one packet to the queue pair, or the multicast group, that
/// the work request names. A packet that is not received is lost, and the sender does not learn of it.
/// </summary>
/// <param name="block">The NIC's state.</param>
/// <param name="transfer">Copies.</param>
/// <param name="requester">The checks that all queue pairs share.</param>
/// <param name="responder">The other side.</param>
internal sealed unsafe class DatagramRequester(NicBlock block, Transfer transfer, Requester requester, Responder responder)
{
    /// <summary>Bytes of the longest datagram: the port's MTU.</summary>
    public const uint MaxBytes = 4096;

    // IBTA 10.5.1: the queue pair number that goes with a multicast address.
    private const uint MulticastNumber = 0xff_ffff;

    // IBTA 10.2.5: a Q_Key with the high bit set in a work request means the queue pair's own.
    private const uint OwnQkey = 1U << 31;

    private const ushort AddressFamilyIPv4 = 2;
    private const ushort AddressFamilyIPv6 = 10;

    private enum Delivery
    {
        /// <summary>Received or dropped.</summary>
        Done,

        /// <summary>Another engine is at the receive queue: try again.</summary>
        Busy,

        /// <summary>The sender's memory went away.</summary>
        BadSource,
    }

    /// <summary>Goes on with the current operation; it never waits for a receiver.</summary>
    /// <param name="qp">The queue pair; the caller holds its send lock.</param>
    /// <param name="index">Its index.</param>
    /// <param name="bytesLeft">Bytes that may still be copied in this turn.</param>
    public Step Run(ref QpContext qp, uint index, ref ulong bytesLeft)
    {
        rxe_send_wqe* work = block.SendArea(index);
        if (qp.Operation.IsChecked == 0)
        {
            uint status = work->wr.opcode is IBV_WR_SEND or IBV_WR_SEND_WITH_IMM ? requester.CheckLocal(ref qp, work) : IBV_WC_LOC_QP_OP_ERR;
            if (status == IBV_WC_SUCCESS && qp.Operation.Length > MaxBytes)
            {
                status = IBV_WC_LOC_LEN_ERR;
            }

            if (status != IBV_WC_SUCCESS)
            {
                return Step.Ended(status);
            }

            qp.Operation.IsChecked = 1;
        }

        if (!TryFindRoute(qp, work->wr, out Route route))
        {
            return Step.Ended(IBV_WC_LOC_QP_OP_ERR);
        }

        if (route.Destination.IsMulticast)
        {
            return work->wr.wr_ud_remote_qpn == MulticastNumber
                ? SendToGroup(ref qp, index, route, ref bytesLeft)
                : Step.Ended(IBV_WC_SUCCESS);
        }

        Delivery delivery = Deliver(ref qp, work->wr.wr_ud_remote_qpn, index, route, ref bytesLeft);
        return delivery == Delivery.Busy ? Step.Unfinished : Sent(delivery);
    }

    private static Step Sent(Delivery delivery) => Step.Ended(delivery == Delivery.BadSource ? IBV_WC_LOC_PROT_ERR : IBV_WC_SUCCESS);

    // The kernel's rxe_get_av: a handle of another protection domain is none. Its number is 0 when the provider put the address itself
    // into the work request; then both ends must be addresses of ours, as they were checked for a handle.
    private bool TryFindRoute(in QpContext qp, in rxe_send_wr work, out Route route)
    {
        uint number = work.wr_ud_ah_num;
        if (number != 0)
        {
            ref AddressHandleContext handle = ref block.AddressHandle(number);
            // Acquire: pairs with the release in CreateAddressHandle.
            bool isValid = Volatile.Read(ref handle.Number) == number && handle.Domain == qp.Domain;
            route = isValid ? handle.Route : default;
            return isValid;
        }

        ref readonly rxe_av address = ref work.wr_ud_av;
        route = new Route
        {
            Source = SourceOf(address),
            Destination = Gid.FromBytes(address.grh_dgid),
            FlowLabel = address.grh_flow_label,
            TrafficClass = address.grh_traffic_class,
            HopLimit = address.grh_hop_limit,
        };
        return block.HasGid((int)qp.Device, route.Source)
            && (route.Destination.IsMulticast || route.Destination.IsIPv4 == route.Source.IsIPv4);
    }

    private static Gid SourceOf(in rxe_av address) => address.sgid_addr_family switch
    {
        AddressFamilyIPv4 => Gid.FromIPv4(
            BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(address.sgid_addr_in) : address.sgid_addr_in),
        AddressFamilyIPv6 => Gid.FromBytes(address.sgid_addr_in6),
        _ => default,
    };

    private Step SendToGroup(ref QpContext qp, uint index, in Route route, ref ulong bytesLeft)
    {
        ref MulticastGroup group = ref block.FindMulticast(route.Destination, out bool isThere);
        // Done counts the members that were served: a turn may end between two of them.
        while (isThere && qp.Operation.Done < MulticastGroup.Capacity)
        {
            uint member = Volatile.Read(ref group.Members[(int)qp.Operation.Done]);
            if (member != 0)
            {
                if (bytesLeft == 0)
                {
                    return Step.Unfinished;
                }

                Delivery delivery = Deliver(ref qp, member, index, route, ref bytesLeft);
                if (delivery != Delivery.Done)
                {
                    return delivery == Delivery.Busy ? Step.Unfinished : Sent(delivery);
                }
            }

            qp.Operation.Done++;
        }

        return Step.Ended(IBV_WC_SUCCESS);
    }

    private Delivery Deliver(ref QpContext qp, uint number, uint index, in Route route, ref ulong bytesLeft)
    {
        ref QpContext peer = ref block.QpByNumber(number);
        if (!IsFor(qp, peer, number, index, route))
        {
            return Delivery.Done;
        }

        if (!SpinWord.TryAcquire(ref peer.ReceiveLock))
        {
            return Delivery.Busy;
        }

        try
        {
            // Looked at again: the flush that was under way when it looked ready may be over by now. A receive that is missing or bad has
            // done what it does to its own queue pair (IBTA 9.9.3: the datagram is dropped).
            bool isTaken = IsFor(qp, peer, number, index, route) && responder.TakeReceive(ref qp, ref peer, index) == IBV_WC_SUCCESS;
            qp.Operation.HasReceive = 0;
            return isTaken ? Fill(ref qp, ref peer, index, route, ref bytesLeft) : Delivery.Done;
        }
        finally
        {
            SpinWord.Release(ref peer.ReceiveLock);
        }
    }

    // IBTA 9.6.1: the packet's destination queue pair, its state and its Q_Key; else it is dropped silently.
    private bool IsFor(in QpContext qp, in QpContext peer, uint number, uint index, in Route route)
    {
        if (number == 0 || Volatile.Read(in peer.Number) != number || peer.Type != IBV_QPT_UD
            || Volatile.Read(in peer.State) is not (IBV_QPS_RTR or IBV_QPS_RTS or IBV_QPS_SQD or IBV_QPS_SQE))
        {
            return false;
        }

        uint qkey = block.SendArea(index)->wr.wr_ud_remote_qkey;
        return ((qkey & OwnQkey) != 0 ? qp.Qkey : qkey) == peer.Qkey
            && (route.Destination.IsMulticast || block.HasGid((int)peer.Device, route.Destination));
    }

    private Delivery Fill(ref QpContext qp, ref QpContext peer, uint index, in Route route, ref ulong bytesLeft)
    {
        rxe_send_wqe* work = block.SendArea(index);
        rxe_recv_wqe* receive = block.ReceiveArea(index);
        ulong length = qp.Operation.Length;
        Segments remote = Segments.Of((rxe_sge*)(receive + 1), receive->dma.num_sge, peer.ReceiveDomain, IBV_ACCESS_LOCAL_WRITE);
        if (remote.Length < length + NetworkHeader.Length)
        {
            // IBTA 9.9.3, class D: dropped, and the receive waits for the next datagram.
            return Delivery.Done;
        }

        if (!transfer.MayUse(remote, length + NetworkHeader.Length))
        {
            return FailReceive(ref peer, index);
        }

        byte* header = stackalloc byte[NetworkHeader.Length];
        Span<byte> bytes = MemoryMarshal.CreateSpan(ref *header, NetworkHeader.Length);
        bytes.Clear();
        NetworkHeader.Write(bytes, route, (uint)length, work->wr.opcode == IBV_WR_SEND_WITH_IMM);
        TransferResult result = transfer.Copy(Segments.OfBytes(header), remote, 0, NetworkHeader.Length);
        if (result == TransferResult.Ok && length > 0)
        {
            result = transfer.Copy(Requester.LocalSide(qp, work), 0, remote, NetworkHeader.Length, length);
        }

        bytesLeft -= Math.Min(bytesLeft, length + NetworkHeader.Length);
        switch (result)
        {
            case TransferResult.BadSource:
                return Delivery.BadSource;
            case TransferResult.BadDestination:
                return FailReceive(ref peer, index);
            default:
                Complete(qp, ref peer, work->wr, receive->wr_id, route);
                return Delivery.Done;
        }
    }

    // Class A: an error of the receiver's own, which only the receiver is told of.
    private Delivery FailReceive(ref QpContext peer, uint index)
    {
        _ = responder.FailReceive(ref peer, index, IBV_WC_LOC_PROT_ERR);
        return Delivery.Done;
    }

    private void Complete(in QpContext qp, ref QpContext peer, in rxe_send_wr work, ulong id, in Route route)
    {
        ib_uverbs_wc completion = new()
        {
            wr_id = id,
            status = IBV_WC_SUCCESS,
            opcode = IBV_WC_RECV,
            byte_len = (uint)qp.Operation.Length + NetworkHeader.Length,
            qp_num = peer.Number,
            src_qp = qp.Number,
            wc_flags = IBV_WC_GRH,
            sl = route.IsIPv4 ? NetworkHeader.IPv4ServiceLevel : NetworkHeader.IPv6ServiceLevel,
            port_num = 1,
        };
        if (work.opcode == IBV_WR_SEND_WITH_IMM)
        {
            completion.wc_flags |= IBV_WC_WITH_IMM;
            completion.ex_imm_data = work.ex_imm_data;
        }

        _ = responder.PostReceive(ref peer, completion, (work.send_flags & IBV_SEND_SOLICITED) != 0);
    }
}
