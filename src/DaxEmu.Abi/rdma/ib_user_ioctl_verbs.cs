using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

[CHeader("rdma/ib_user_ioctl_verbs.h")]
public static class ib_uverbs_qp_create_flags
{
    public const uint IB_UVERBS_QP_CREATE_BLOCK_MULTICAST_LOOPBACK = 1 << 1;
    public const uint IB_UVERBS_QP_CREATE_SCATTER_FCS = 1 << 8;
    public const uint IB_UVERBS_QP_CREATE_CVLAN_STRIPPING = 1 << 9;
    public const uint IB_UVERBS_QP_CREATE_PCI_WRITE_END_PADDING = 1 << 11;
    public const uint IB_UVERBS_QP_CREATE_SQ_SIG_ALL = 1 << 12;
}

[CHeader("rdma/ib_user_ioctl_verbs.h")]
public static class ib_uverbs_srq_type
{
    public const uint IB_UVERBS_SRQT_BASIC = 0;
    public const uint IB_UVERBS_SRQT_XRC = 1;
    public const uint IB_UVERBS_SRQT_TM = 2;
}

[CHeader("rdma/ib_user_ioctl_verbs.h")]
public static class rdma_driver_id
{
    public const uint RDMA_DRIVER_RXE = 14;
}

[CHeader("rdma/ib_user_ioctl_verbs.h")]
public static class ib_uverbs_gid_type
{
    public const uint IB_UVERBS_GID_TYPE_IB = 0;
    public const uint IB_UVERBS_GID_TYPE_ROCE_V1 = 1;
    public const uint IB_UVERBS_GID_TYPE_ROCE_V2 = 2;
}

/// <summary>struct ib_uverbs_query_port_resp_ex; what newer kernels put into its reserved bytes is 0 here.</summary>
[CHeader("rdma/ib_user_ioctl_verbs.h")]
[StructLayout(LayoutKind.Sequential, Size = 48)]
public struct ib_uverbs_query_port_resp_ex
{
    public ib_uverbs_query_port_resp legacy_resp;
    public ushort port_cap_flags2;
}

[CHeader("rdma/ib_user_ioctl_verbs.h")]
public struct ib_uverbs_qp_cap
{
    public uint max_send_wr;
    public uint max_recv_wr;
    public uint max_send_sge;
    public uint max_recv_sge;
    public uint max_inline_data;
}

[CHeader("rdma/ib_user_ioctl_verbs.h")]
public struct ib_uverbs_gid_entry
{
    public gid_bytes gid;
    public uint gid_index;
    public uint port_num;
    public uint gid_type;
    public uint netdev_ifindex;

    [InlineArray(16)]
    public struct gid_bytes
    {
        private byte _first;
    }
}

/// <summary>enum ib_uverbs_access_flags: what libibverbs' own enum has only in later releases.</summary>
[CHeader("rdma/ib_user_ioctl_verbs.h")]
[Since("6.3")]
public static class ib_uverbs_access_flags
{
    public const uint IB_UVERBS_ACCESS_FLUSH_GLOBAL = 1 << 8;
    public const uint IB_UVERBS_ACCESS_FLUSH_PERSISTENT = 1 << 9;
}

/// <summary>enum ib_uverbs_advise_mr_advice.</summary>
[CHeader("rdma/ib_user_ioctl_verbs.h")]
public static class ib_uverbs_advise_mr_advice
{
    public const ulong IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH = 0;
    public const ulong IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE = 1;
    public const ulong IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT = 2;
}

/// <summary>enum ib_uverbs_advise_mr_flag.</summary>
[CHeader("rdma/ib_user_ioctl_verbs.h")]
public static class ib_uverbs_advise_mr_flag
{
    public const uint IB_UVERBS_ADVISE_MR_FLAG_FLUSH = 1 << 0;
}
