using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// The commands that libibverbs writes to /dev/infiniband/uverbsN, and their responses. Trailing driver_data, which has no size of its
// own, is left out.

[CHeader("rdma/ib_user_verbs.h")]
public static class ib_user_verbs
{
    public const uint IB_USER_VERBS_ABI_VERSION = 6;
    public const uint IB_USER_VERBS_CMD_THRESHOLD = 50;
    public const uint IB_USER_VERBS_CMD_COMMAND_MASK = 0xff;
    public const uint IB_USER_VERBS_CMD_FLAG_EXTENDED = 0x80000000;
}

[CHeader("rdma/ib_user_verbs.h")]
public static class ib_uverbs_write_cmds
{
    public const uint IB_USER_VERBS_CMD_GET_CONTEXT = 0;
    public const uint IB_USER_VERBS_CMD_QUERY_DEVICE = 1;
    public const uint IB_USER_VERBS_CMD_QUERY_PORT = 2;
    public const uint IB_USER_VERBS_CMD_ALLOC_PD = 3;
    public const uint IB_USER_VERBS_CMD_DEALLOC_PD = 4;
    public const uint IB_USER_VERBS_CMD_CREATE_AH = 5;
    public const uint IB_USER_VERBS_CMD_MODIFY_AH = 6;
    public const uint IB_USER_VERBS_CMD_QUERY_AH = 7;
    public const uint IB_USER_VERBS_CMD_DESTROY_AH = 8;
    public const uint IB_USER_VERBS_CMD_REG_MR = 9;
    public const uint IB_USER_VERBS_CMD_REG_SMR = 10;
    public const uint IB_USER_VERBS_CMD_REREG_MR = 11;
    public const uint IB_USER_VERBS_CMD_QUERY_MR = 12;
    public const uint IB_USER_VERBS_CMD_DEREG_MR = 13;
    public const uint IB_USER_VERBS_CMD_ALLOC_MW = 14;
    public const uint IB_USER_VERBS_CMD_BIND_MW = 15;
    public const uint IB_USER_VERBS_CMD_DEALLOC_MW = 16;
    public const uint IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL = 17;
    public const uint IB_USER_VERBS_CMD_CREATE_CQ = 18;
    public const uint IB_USER_VERBS_CMD_RESIZE_CQ = 19;
    public const uint IB_USER_VERBS_CMD_DESTROY_CQ = 20;
    public const uint IB_USER_VERBS_CMD_POLL_CQ = 21;
    public const uint IB_USER_VERBS_CMD_PEEK_CQ = 22;
    public const uint IB_USER_VERBS_CMD_REQ_NOTIFY_CQ = 23;
    public const uint IB_USER_VERBS_CMD_CREATE_QP = 24;
    public const uint IB_USER_VERBS_CMD_QUERY_QP = 25;
    public const uint IB_USER_VERBS_CMD_MODIFY_QP = 26;
    public const uint IB_USER_VERBS_CMD_DESTROY_QP = 27;
    public const uint IB_USER_VERBS_CMD_POST_SEND = 28;
    public const uint IB_USER_VERBS_CMD_POST_RECV = 29;
    public const uint IB_USER_VERBS_CMD_ATTACH_MCAST = 30;
    public const uint IB_USER_VERBS_CMD_DETACH_MCAST = 31;
    public const uint IB_USER_VERBS_CMD_CREATE_SRQ = 32;
    public const uint IB_USER_VERBS_CMD_MODIFY_SRQ = 33;
    public const uint IB_USER_VERBS_CMD_QUERY_SRQ = 34;
    public const uint IB_USER_VERBS_CMD_DESTROY_SRQ = 35;
    public const uint IB_USER_VERBS_CMD_POST_SRQ_RECV = 36;
    public const uint IB_USER_VERBS_CMD_OPEN_XRCD = 37;
    public const uint IB_USER_VERBS_CMD_CLOSE_XRCD = 38;
    public const uint IB_USER_VERBS_CMD_CREATE_XSRQ = 39;
    public const uint IB_USER_VERBS_CMD_OPEN_QP = 40;
}

[CHeader("rdma/ib_user_verbs.h")]
public static class ib_uverbs_ex_write_cmds
{
    public const uint IB_USER_VERBS_EX_CMD_QUERY_DEVICE = ib_uverbs_write_cmds.IB_USER_VERBS_CMD_QUERY_DEVICE;
    public const uint IB_USER_VERBS_EX_CMD_CREATE_CQ = ib_uverbs_write_cmds.IB_USER_VERBS_CMD_CREATE_CQ;
    public const uint IB_USER_VERBS_EX_CMD_CREATE_QP = ib_uverbs_write_cmds.IB_USER_VERBS_CMD_CREATE_QP;
    public const uint IB_USER_VERBS_EX_CMD_MODIFY_QP = ib_uverbs_write_cmds.IB_USER_VERBS_CMD_MODIFY_QP;
}

/// <summary>enum ib_uverbs_wr_opcode: what libibverbs' own enum has only in later releases.</summary>
[CHeader("rdma/ib_user_verbs.h")]
[Since("6.3")]
public static class ib_uverbs_wr_opcode
{
    public const uint IB_UVERBS_WR_FLUSH = 14;
}

/// <summary>enum ib_uverbs_wc_opcode: likewise.</summary>
[CHeader("rdma/ib_user_verbs.h")]
[Since("6.3")]
public static class ib_uverbs_wc_opcode
{
    public const uint IB_UVERBS_WC_FLUSH = 8;
}

/// <summary>enum ib_placement_type: what a FLUSH makes of earlier writes (IBTA A19.4.1.1).</summary>
[CHeader("rdma/ib_user_verbs.h")]
[Since("6.3")]
public static class ib_placement_type
{
    public const uint IB_FLUSH_GLOBAL = 1 << 0;
    public const uint IB_FLUSH_PERSISTENT = 1 << 1;
}

/// <summary>enum ib_selectivity_level: of which bytes (IBTA A19.4.1.2).</summary>
[CHeader("rdma/ib_user_verbs.h")]
[Since("6.3")]
public static class ib_selectivity_level
{
    public const uint IB_FLUSH_RANGE = 0;
    public const uint IB_FLUSH_MR = 1;
}

/// <summary>enum ib_uverbs_device_cap_flags: those that only ib_uverbs_ex_query_device_resp.device_cap_flags_ex has room for.</summary>
[CHeader("rdma/ib_user_verbs.h")]
[Since("6.3")]
public static class ib_uverbs_device_cap_flags_ex
{
    public const ulong IB_UVERBS_DEVICE_FLUSH_GLOBAL = 1UL << 38;
    public const ulong IB_UVERBS_DEVICE_FLUSH_PERSISTENT = 1UL << 39;
    public const ulong IB_UVERBS_DEVICE_ATOMIC_WRITE = 1UL << 40;
}

[CHeader("rdma/ib_user_verbs.h")]
public static class ib_uverbs_device_cap_flags
{
    public const uint IB_UVERBS_DEVICE_BAD_PKEY_CNTR = 1 << 1;
    public const uint IB_UVERBS_DEVICE_BAD_QKEY_CNTR = 1 << 2;
    public const uint IB_UVERBS_DEVICE_PORT_ACTIVE_EVENT = 1 << 10;
    public const uint IB_UVERBS_DEVICE_SYS_IMAGE_GUID = 1 << 11;
    public const uint IB_UVERBS_DEVICE_RC_RNR_NAK_GEN = 1 << 12;
    public const uint IB_UVERBS_DEVICE_SRQ_RESIZE = 1 << 13;
    public const uint IB_UVERBS_DEVICE_N_NOTIFY_CQ = 1 << 14;
    public const uint IB_UVERBS_DEVICE_MEM_WINDOW = 1 << 17;
    public const uint IB_UVERBS_DEVICE_MEM_MGT_EXTENSIONS = 1 << 21;
    public const uint IB_UVERBS_DEVICE_MEM_WINDOW_TYPE_2B = 1 << 24;
}

/// <summary>What a read of the asynchronous event descriptor gives.</summary>
[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_async_event_desc
{
    public ulong element;
    public uint event_type;
    public uint reserved;
}

/// <summary>What a read of a completion channel gives: the completion queue's <c>user_handle</c>.</summary>
[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_comp_event_desc
{
    public ulong cq_handle;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_cq_moderation_caps
{
    public ushort max_cq_moderation_count;
    public ushort max_cq_moderation_period;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_cmd_hdr
{
    public uint command;
    public ushort in_words;
    public ushort out_words;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_cmd_hdr
{
    public ulong response;
    public ushort provider_in_words;
    public ushort provider_out_words;
    public uint cmd_hdr_reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_get_context
{
    public ulong response;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_get_context_resp
{
    public uint async_fd;
    public uint num_comp_vectors;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_query_device
{
    public ulong response;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_query_device_resp
{
    public ulong fw_ver;
    public ulong node_guid;
    public ulong sys_image_guid;
    public ulong max_mr_size;
    public ulong page_size_cap;
    public uint vendor_id;
    public uint vendor_part_id;
    public uint hw_ver;
    public uint max_qp;
    public uint max_qp_wr;
    public uint device_cap_flags;
    public uint max_sge;
    public uint max_sge_rd;
    public uint max_cq;
    public uint max_cqe;
    public uint max_mr;
    public uint max_pd;
    public uint max_qp_rd_atom;
    public uint max_ee_rd_atom;
    public uint max_res_rd_atom;
    public uint max_qp_init_rd_atom;
    public uint max_ee_init_rd_atom;
    public uint atomic_cap;
    public uint max_ee;
    public uint max_rdd;
    public uint max_mw;
    public uint max_raw_ipv6_qp;
    public uint max_raw_ethy_qp;
    public uint max_mcast_grp;
    public uint max_mcast_qp_attach;
    public uint max_total_mcast_qp_attach;
    public uint max_ah;
    public uint max_fmr;
    public uint max_map_per_fmr;
    public uint max_srq;
    public uint max_srq_wr;
    public uint max_srq_sge;
    public ushort max_pkeys;
    public byte local_ca_ack_delay;
    public byte phys_port_cnt;
    public reserved_bytes reserved;

    [InlineArray(4)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_query_device
{
    public uint comp_mask;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_sge
{
    public ulong addr;
    public uint length;
    public uint lkey;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_odp_caps
{
    public ulong general_caps;
    [CName("per_transport_caps.rc_odp_caps")]
    public uint per_transport_caps_rc_odp_caps;
    [CName("per_transport_caps.uc_odp_caps")]
    public uint per_transport_caps_uc_odp_caps;
    [CName("per_transport_caps.ud_odp_caps")]
    public uint per_transport_caps_ud_odp_caps;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_rss_caps
{
    public uint supported_qpts;
    public uint max_rwq_indirection_tables;
    public uint max_rwq_indirection_table_size;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_tm_caps
{
    public uint max_rndv_hdr_size;
    public uint max_num_tags;
    public uint flags;
    public uint max_ops;
    public uint max_sge;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_query_device_resp
{
    public ib_uverbs_query_device_resp @base;
    public uint comp_mask;
    public uint response_length;
    public ib_uverbs_odp_caps odp_caps;
    public ulong timestamp_mask;
    public ulong hca_core_clock;
    public ulong device_cap_flags_ex;
    public ib_uverbs_rss_caps rss_caps;
    public uint max_wq_type_rq;
    public uint raw_packet_caps;
    public ib_uverbs_tm_caps tm_caps;
    public ib_uverbs_cq_moderation_caps cq_moderation_caps;
    public ulong max_dm_size;
    public uint xrc_odp_caps;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_query_port
{
    public ulong response;
    public byte port_num;
    public reserved_bytes reserved;

    [InlineArray(7)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_query_port_resp
{
    public uint port_cap_flags;
    public uint max_msg_sz;
    public uint bad_pkey_cntr;
    public uint qkey_viol_cntr;
    public uint gid_tbl_len;
    public ushort pkey_tbl_len;
    public ushort lid;
    public ushort sm_lid;
    public byte state;
    public byte max_mtu;
    public byte active_mtu;
    public byte lmc;
    public byte max_vl_num;
    public byte sm_sl;
    public byte subnet_timeout;
    public byte init_type_reply;
    public byte active_width;
    public byte active_speed;
    public byte phys_state;
    public byte link_layer;
    public byte flags;
    public byte reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_alloc_pd
{
    public ulong response;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_alloc_pd_resp
{
    public uint pd_handle;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_dealloc_pd
{
    public uint pd_handle;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_reg_mr
{
    public ulong response;
    public ulong start;
    public ulong length;
    public ulong hca_va;
    public uint pd_handle;
    public uint access_flags;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_reg_mr_resp
{
    public uint mr_handle;
    public uint lkey;
    public uint rkey;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_dereg_mr
{
    public uint mr_handle;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_alloc_mw
{
    public ulong response;
    public uint pd_handle;
    public byte mw_type;
    public reserved_bytes reserved;

    [InlineArray(3)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_alloc_mw_resp
{
    public uint mw_handle;
    public uint rkey;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_dealloc_mw
{
    public uint mw_handle;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_comp_channel
{
    public ulong response;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_comp_channel_resp
{
    public uint fd;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_cq
{
    public ulong response;
    public ulong user_handle;
    public uint cqe;
    public uint comp_vector;
    public int comp_channel;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_create_cq
{
    public ulong user_handle;
    public uint cqe;
    public uint comp_vector;
    public int comp_channel;
    public uint comp_mask;
    public uint flags;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_cq_resp
{
    public uint cq_handle;
    public uint cqe;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_create_cq_resp
{
    public ib_uverbs_create_cq_resp @base;
    public uint comp_mask;
    public uint response_length;
}

/// <summary>struct ib_uverbs_wc: a completion, and the element of the rxe provider's completion rings.</summary>
[CHeader("rdma/ib_user_verbs.h")]
[StructLayout(LayoutKind.Explicit, Size = 48)]
public struct ib_uverbs_wc
{
    [FieldOffset(0)]
    public ulong wr_id;

    [FieldOffset(8)]
    public uint status;

    [FieldOffset(12)]
    public uint opcode;

    [FieldOffset(16)]
    public uint vendor_err;

    [FieldOffset(20)]
    public uint byte_len;

    [FieldOffset(24), CName("ex.imm_data")]
    public uint ex_imm_data;

    [FieldOffset(24), CName("ex.invalidate_rkey")]
    public uint ex_invalidate_rkey;

    [FieldOffset(28)]
    public uint qp_num;

    [FieldOffset(32)]
    public uint src_qp;

    [FieldOffset(36)]
    public uint wc_flags;

    [FieldOffset(40)]
    public ushort pkey_index;

    [FieldOffset(42)]
    public ushort slid;

    [FieldOffset(44)]
    public byte sl;

    [FieldOffset(45)]
    public byte dlid_path_bits;

    [FieldOffset(46)]
    public byte port_num;

    [FieldOffset(47)]
    public byte reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_req_notify_cq
{
    public uint cq_handle;
    public uint solicited_only;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_resize_cq
{
    public ulong response;
    public uint cq_handle;
    public uint cqe;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_resize_cq_resp
{
    public uint cqe;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_destroy_cq
{
    public ulong response;
    public uint cq_handle;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_destroy_cq_resp
{
    public uint comp_events_reported;
    public uint async_events_reported;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_qp
{
    public ulong response;
    public ulong user_handle;
    public uint pd_handle;
    public uint send_cq_handle;
    public uint recv_cq_handle;
    public uint srq_handle;
    public uint max_send_wr;
    public uint max_recv_wr;
    public uint max_send_sge;
    public uint max_recv_sge;
    public uint max_inline_data;
    public byte sq_sig_all;
    public byte qp_type;
    public byte is_srq;
    public byte reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_create_qp
{
    public ulong user_handle;
    public uint pd_handle;
    public uint send_cq_handle;
    public uint recv_cq_handle;
    public uint srq_handle;
    public uint max_send_wr;
    public uint max_recv_wr;
    public uint max_send_sge;
    public uint max_recv_sge;
    public uint max_inline_data;
    public byte sq_sig_all;
    public byte qp_type;
    public byte is_srq;
    public byte reserved;
    public uint comp_mask;
    public uint create_flags;
    public uint rwq_ind_tbl_handle;
    public uint source_qpn;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_qp_resp
{
    public uint qp_handle;
    public uint qpn;
    public uint max_send_wr;
    public uint max_recv_wr;
    public uint max_send_sge;
    public uint max_recv_sge;
    public uint max_inline_data;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_create_qp_resp
{
    public ib_uverbs_create_qp_resp @base;
    public uint comp_mask;
    public uint response_length;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_qp_dest
{
    public dgid_bytes dgid;
    public uint flow_label;
    public ushort dlid;
    public ushort reserved;
    public byte sgid_index;
    public byte hop_limit;
    public byte traffic_class;
    public byte sl;
    public byte src_path_bits;
    public byte static_rate;
    public byte is_global;
    public byte port_num;

    [InlineArray(16)]
    public struct dgid_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_query_qp
{
    public ulong response;
    public uint qp_handle;
    public uint attr_mask;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_query_qp_resp
{
    public ib_uverbs_qp_dest dest;
    public ib_uverbs_qp_dest alt_dest;
    public uint max_send_wr;
    public uint max_recv_wr;
    public uint max_send_sge;
    public uint max_recv_sge;
    public uint max_inline_data;
    public uint qkey;
    public uint rq_psn;
    public uint sq_psn;
    public uint dest_qp_num;
    public uint qp_access_flags;
    public ushort pkey_index;
    public ushort alt_pkey_index;
    public byte qp_state;
    public byte cur_qp_state;
    public byte path_mtu;
    public byte path_mig_state;
    public byte sq_draining;
    public byte max_rd_atomic;
    public byte max_dest_rd_atomic;
    public byte min_rnr_timer;
    public byte port_num;
    public byte timeout;
    public byte retry_cnt;
    public byte rnr_retry;
    public byte alt_port_num;
    public byte alt_timeout;
    public byte sq_sig_all;
    public reserved_bytes reserved;

    [InlineArray(5)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_modify_qp
{
    public ib_uverbs_qp_dest dest;
    public ib_uverbs_qp_dest alt_dest;
    public uint qp_handle;
    public uint attr_mask;
    public uint qkey;
    public uint rq_psn;
    public uint sq_psn;
    public uint dest_qp_num;
    public uint qp_access_flags;
    public ushort pkey_index;
    public ushort alt_pkey_index;
    public byte qp_state;
    public byte cur_qp_state;
    public byte path_mtu;
    public byte path_mig_state;
    public byte en_sqd_async_notify;
    public byte max_rd_atomic;
    public byte max_dest_rd_atomic;
    public byte min_rnr_timer;
    public byte port_num;
    public byte timeout;
    public byte retry_cnt;
    public byte rnr_retry;
    public byte alt_port_num;
    public byte alt_timeout;
    public reserved_bytes reserved;

    [InlineArray(2)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_modify_qp
{
    public ib_uverbs_modify_qp @base;
    public uint rate_limit;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ex_modify_qp_resp
{
    public uint comp_mask;
    public uint response_length;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_destroy_qp
{
    public ulong response;
    public uint qp_handle;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_destroy_qp_resp
{
    public uint events_reported;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_post_send
{
    public ulong response;
    public uint qp_handle;
    public uint wr_count;
    public uint sge_count;
    public uint wqe_size;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_post_send_resp
{
    public uint bad_wr;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_global_route
{
    public dgid_bytes dgid;
    public uint flow_label;
    public byte sgid_index;
    public byte hop_limit;
    public byte traffic_class;
    public byte reserved;

    [InlineArray(16)]
    public struct dgid_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_ah_attr
{
    public ib_uverbs_global_route grh;
    public ushort dlid;
    public byte sl;
    public byte src_path_bits;
    public byte static_rate;
    public byte is_global;
    public byte port_num;
    public byte reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_ah
{
    public ulong response;
    public ulong user_handle;
    public uint pd_handle;
    public uint reserved;
    public ib_uverbs_ah_attr attr;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_ah_resp
{
    public uint ah_handle;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_destroy_ah
{
    public uint ah_handle;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_attach_mcast
{
    public gid_bytes gid;
    public uint qp_handle;
    public ushort mlid;
    public ushort reserved;

    [InlineArray(16)]
    public struct gid_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_detach_mcast
{
    public gid_bytes gid;
    public uint qp_handle;
    public ushort mlid;
    public ushort reserved;

    [InlineArray(16)]
    public struct gid_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_srq
{
    public ulong response;
    public ulong user_handle;
    public uint pd_handle;
    public uint max_wr;
    public uint max_sge;
    public uint srq_limit;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_xsrq
{
    public ulong response;
    public ulong user_handle;
    public uint srq_type;
    public uint pd_handle;
    public uint max_wr;
    public uint max_sge;
    public uint srq_limit;
    public uint max_num_tags;
    public uint xrcd_handle;
    public uint cq_handle;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_create_srq_resp
{
    public uint srq_handle;
    public uint max_wr;
    public uint max_sge;
    public uint srqn;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_modify_srq
{
    public uint srq_handle;
    public uint attr_mask;
    public uint max_wr;
    public uint srq_limit;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_query_srq
{
    public ulong response;
    public uint srq_handle;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_query_srq_resp
{
    public uint max_wr;
    public uint max_sge;
    public uint srq_limit;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_destroy_srq
{
    public ulong response;
    public uint srq_handle;
    public uint reserved;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_destroy_srq_resp
{
    public uint events_reported;
}

[CHeader("rdma/ib_user_verbs.h")]
public struct ib_uverbs_qp_attr
{
    public uint qp_attr_mask;
    public uint qp_state;
    public uint cur_qp_state;
    public uint path_mtu;
    public uint path_mig_state;
    public uint qkey;
    public uint rq_psn;
    public uint sq_psn;
    public uint dest_qp_num;
    public uint qp_access_flags;
    public ib_uverbs_ah_attr ah_attr;
    public ib_uverbs_ah_attr alt_ah_attr;
    public uint max_send_wr;
    public uint max_recv_wr;
    public uint max_send_sge;
    public uint max_recv_sge;
    public uint max_inline_data;
    public ushort pkey_index;
    public ushort alt_pkey_index;
    public byte en_sqd_async_notify;
    public byte sq_draining;
    public byte max_rd_atomic;
    public byte max_dest_rd_atomic;
    public byte min_rnr_timer;
    public byte port_num;
    public byte timeout;
    public byte retry_cnt;
    public byte rnr_retry;
    public byte alt_port_num;
    public byte alt_timeout;
    public reserved_bytes reserved;

    [InlineArray(5)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}
