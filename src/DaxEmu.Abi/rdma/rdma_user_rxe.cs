using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// The rings that a program's rxe provider shares with the device. Sizes and offsets are the header's, on every architecture.

/// <summary>struct rxe_queue_buf: the head of every ring. Elements follow at <c>data</c>.</summary>
[CHeader("rdma/rdma_user_rxe.h")]
[StructLayout(LayoutKind.Explicit, Size = 384)]
public struct rxe_queue_buf
{
    [FieldOffset(0)]
    public uint log2_elem_size;

    [FieldOffset(4)]
    public uint index_mask;

    [FieldOffset(128)]
    public uint producer_index;

    [FieldOffset(256)]
    public uint consumer_index;
}

/// <summary>struct rxe_av: an address that lies in the work request itself; of its unions, the parts that are looked at.</summary>
[CHeader("rdma/rdma_user_rxe.h")]
[StructLayout(LayoutKind.Explicit, Size = 88)]
public struct rxe_av
{
    [FieldOffset(0)]
    public byte port_num;

    [FieldOffset(1)]
    public byte network_type;

    [FieldOffset(8), CName("grh.dgid")]
    public gid_bytes grh_dgid;

    [FieldOffset(24), CName("grh.flow_label")]
    public uint grh_flow_label;

    [FieldOffset(28), CName("grh.sgid_index")]
    public byte grh_sgid_index;

    [FieldOffset(29), CName("grh.hop_limit")]
    public byte grh_hop_limit;

    [FieldOffset(30), CName("grh.traffic_class")]
    public byte grh_traffic_class;

    [FieldOffset(32), CName("sgid_addr._sockaddr_in.sin_family")]
    public ushort sgid_addr_family;

    [FieldOffset(36), CName("sgid_addr._sockaddr_in.sin_addr")]
    public uint sgid_addr_in;

    [FieldOffset(40), CName("sgid_addr._sockaddr_in6.sin6_addr")]
    public gid_bytes sgid_addr_in6;

    [InlineArray(16)]
    public struct gid_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_sge
{
    public ulong addr;
    public uint length;
    public uint lkey;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct mminfo
{
    public ulong offset;
    public uint size;
    public uint pad;
}

/// <summary>struct rxe_dma_info without its flexible array: <c>sge</c> or <c>inline_data</c> follows.</summary>
[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_dma_info
{
    public uint length;
    public uint resid;
    public uint cur_sge;
    public uint num_sge;
    public uint sge_offset;
    public uint reserved;
}

[CHeader("rdma/rdma_user_rxe.h")]
[StructLayout(LayoutKind.Explicit, Size = 144)]
public struct rxe_send_wr
{
    [FieldOffset(0)]
    public ulong wr_id;

    [FieldOffset(8)]
    public uint reserved;

    [FieldOffset(12)]
    public uint opcode;

    [FieldOffset(16)]
    public uint send_flags;

    [FieldOffset(20), CName("ex.imm_data")]
    public uint ex_imm_data;

    [FieldOffset(20), CName("ex.invalidate_rkey")]
    public uint ex_invalidate_rkey;

    [FieldOffset(24), CName("wr.flush.remote_addr"), Since("6.3")]
    public ulong wr_flush_remote_addr;

    [FieldOffset(32), CName("wr.flush.length"), Since("6.3")]
    public uint wr_flush_length;

    [FieldOffset(36), CName("wr.flush.rkey"), Since("6.3")]
    public uint wr_flush_rkey;

    [FieldOffset(40), CName("wr.flush.type"), Since("6.3")]
    public byte wr_flush_type;

    [FieldOffset(41), CName("wr.flush.level"), Since("6.3")]
    public byte wr_flush_level;

    [FieldOffset(24), CName("wr.rdma.remote_addr")]
    public ulong wr_rdma_remote_addr;

    [FieldOffset(32), CName("wr.rdma.rkey")]
    public uint wr_rdma_rkey;

    [FieldOffset(24), CName("wr.atomic.remote_addr")]
    public ulong wr_atomic_remote_addr;

    [FieldOffset(32), CName("wr.atomic.compare_add")]
    public ulong wr_atomic_compare_add;

    [FieldOffset(40), CName("wr.atomic.swap")]
    public ulong wr_atomic_swap;

    [FieldOffset(48), CName("wr.atomic.rkey")]
    public uint wr_atomic_rkey;

    [FieldOffset(24), CName("wr.ud.remote_qpn")]
    public uint wr_ud_remote_qpn;

    [FieldOffset(28), CName("wr.ud.remote_qkey")]
    public uint wr_ud_remote_qkey;

    [FieldOffset(32), CName("wr.ud.pkey_index")]
    public ushort wr_ud_pkey_index;

    [FieldOffset(36), CName("wr.ud.ah_num")]
    public uint wr_ud_ah_num;

    [FieldOffset(56), CName("wr.ud.av")]
    public rxe_av wr_ud_av;

    [FieldOffset(24), CName("wr.mw.addr")]
    public ulong wr_mw_addr;

    [FieldOffset(32), CName("wr.mw.length")]
    public ulong wr_mw_length;

    [FieldOffset(40), CName("wr.mw.mr_lkey")]
    public uint wr_mw_mr_lkey;

    [FieldOffset(44), CName("wr.mw.mw_rkey")]
    public uint wr_mw_mw_rkey;

    [FieldOffset(48), CName("wr.mw.rkey")]
    public uint wr_mw_rkey;

    [FieldOffset(52), CName("wr.mw.access")]
    public uint wr_mw_access;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_send_wqe
{
    public rxe_send_wr wr;
    public uint status;
    public uint state;
    public ulong iova;
    public uint mask;
    public uint first_psn;
    public uint last_psn;
    public uint ack_length;
    public uint ssn;
    public uint has_rd_atomic;
    public rxe_dma_info dma;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_recv_wqe
{
    public ulong wr_id;
    public uint reserved;
    public uint padding;
    public rxe_dma_info dma;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_create_ah_resp
{
    public uint ah_num;
    public uint reserved;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_create_cq_resp
{
    public mminfo mi;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_resize_cq_resp
{
    public mminfo mi;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_create_qp_resp
{
    public mminfo rq_mi;
    public mminfo sq_mi;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_create_srq_resp
{
    public mminfo mi;
    public uint srq_num;
    public uint reserved;
}

[CHeader("rdma/rdma_user_rxe.h")]
public struct rxe_modify_srq_cmd
{
    public ulong mmap_info_addr;
}
