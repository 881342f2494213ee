namespace DaxEmu.Abi;

// libibverbs' names; the kernel's IB_* names for the same things have the same values.

/// <summary>enum ibv_wc_status.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_wc_status
{
    public const uint IBV_WC_SUCCESS = 0;
    public const uint IBV_WC_LOC_LEN_ERR = 1;
    public const uint IBV_WC_LOC_QP_OP_ERR = 2;
    public const uint IBV_WC_LOC_EEC_OP_ERR = 3;
    public const uint IBV_WC_LOC_PROT_ERR = 4;
    public const uint IBV_WC_WR_FLUSH_ERR = 5;
    public const uint IBV_WC_MW_BIND_ERR = 6;
    public const uint IBV_WC_BAD_RESP_ERR = 7;
    public const uint IBV_WC_LOC_ACCESS_ERR = 8;
    public const uint IBV_WC_REM_INV_REQ_ERR = 9;
    public const uint IBV_WC_REM_ACCESS_ERR = 10;
    public const uint IBV_WC_REM_OP_ERR = 11;
    public const uint IBV_WC_RETRY_EXC_ERR = 12;
    public const uint IBV_WC_RNR_RETRY_EXC_ERR = 13;
    public const uint IBV_WC_LOC_RDD_VIOL_ERR = 14;
    public const uint IBV_WC_REM_INV_RD_REQ_ERR = 15;
    public const uint IBV_WC_REM_ABORT_ERR = 16;
    public const uint IBV_WC_INV_EECN_ERR = 17;
    public const uint IBV_WC_INV_EEC_STATE_ERR = 18;
    public const uint IBV_WC_FATAL_ERR = 19;
    public const uint IBV_WC_RESP_TIMEOUT_ERR = 20;
    public const uint IBV_WC_GENERAL_ERR = 21;
}

/// <summary>enum ibv_wc_opcode.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_wc_opcode
{
    public const uint IBV_WC_SEND = 0;
    public const uint IBV_WC_RDMA_WRITE = 1;
    public const uint IBV_WC_RDMA_READ = 2;
    public const uint IBV_WC_COMP_SWAP = 3;
    public const uint IBV_WC_FETCH_ADD = 4;
    public const uint IBV_WC_BIND_MW = 5;
    public const uint IBV_WC_LOCAL_INV = 6;
    public const uint IBV_WC_ATOMIC_WRITE = 9;
    public const uint IBV_WC_RECV = 128;
    public const uint IBV_WC_RECV_RDMA_WITH_IMM = 129;
}

/// <summary>enum ibv_wc_flags.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_wc_flags
{
    public const uint IBV_WC_GRH = 1 << 0;
    public const uint IBV_WC_WITH_IMM = 1 << 1;
    public const uint IBV_WC_IP_CSUM_OK = 1 << 2;
    public const uint IBV_WC_WITH_INV = 1 << 3;
}

/// <summary>enum ibv_access_flags.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_access_flags
{
    public const uint IBV_ACCESS_LOCAL_WRITE = 1 << 0;
    public const uint IBV_ACCESS_REMOTE_WRITE = 1 << 1;
    public const uint IBV_ACCESS_REMOTE_READ = 1 << 2;
    public const uint IBV_ACCESS_REMOTE_ATOMIC = 1 << 3;
    public const uint IBV_ACCESS_MW_BIND = 1 << 4;
    public const uint IBV_ACCESS_ZERO_BASED = 1 << 5;
    public const uint IBV_ACCESS_ON_DEMAND = 1 << 6;
    public const uint IBV_ACCESS_HUGETLB = 1 << 7;
    public const uint IBV_ACCESS_RELAXED_ORDERING = 1 << 20;
}

/// <summary>enum ibv_odp_general_caps.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_odp_general_caps
{
    public const uint IBV_ODP_SUPPORT = 1 << 0;
}

/// <summary>enum ibv_odp_transport_cap_bits.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_odp_transport_cap_bits
{
    public const uint IBV_ODP_SUPPORT_SEND = 1 << 0;
    public const uint IBV_ODP_SUPPORT_RECV = 1 << 1;
    public const uint IBV_ODP_SUPPORT_WRITE = 1 << 2;
    public const uint IBV_ODP_SUPPORT_READ = 1 << 3;
    public const uint IBV_ODP_SUPPORT_ATOMIC = 1 << 4;
    public const uint IBV_ODP_SUPPORT_SRQ_RECV = 1 << 5;
}

/// <summary>enum ibv_mw_type.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_mw_type
{
    public const uint IBV_MW_TYPE_1 = 1;
    public const uint IBV_MW_TYPE_2 = 2;
}

/// <summary>enum ibv_wr_opcode.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_wr_opcode
{
    public const uint IBV_WR_RDMA_WRITE = 0;
    public const uint IBV_WR_RDMA_WRITE_WITH_IMM = 1;
    public const uint IBV_WR_SEND = 2;
    public const uint IBV_WR_SEND_WITH_IMM = 3;
    public const uint IBV_WR_RDMA_READ = 4;
    public const uint IBV_WR_ATOMIC_CMP_AND_SWP = 5;
    public const uint IBV_WR_ATOMIC_FETCH_AND_ADD = 6;
    public const uint IBV_WR_LOCAL_INV = 7;
    public const uint IBV_WR_BIND_MW = 8;
    public const uint IBV_WR_SEND_WITH_INV = 9;
    public const uint IBV_WR_TSO = 10;
    public const uint IBV_WR_ATOMIC_WRITE = 15;
}

/// <summary>enum ibv_send_flags.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_send_flags
{
    public const uint IBV_SEND_FENCE = 1 << 0;
    public const uint IBV_SEND_SIGNALED = 1 << 1;
    public const uint IBV_SEND_SOLICITED = 1 << 2;
    public const uint IBV_SEND_INLINE = 1 << 3;
    public const uint IBV_SEND_IP_CSUM = 1 << 4;
}

/// <summary>enum ibv_qp_state.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_qp_state
{
    public const uint IBV_QPS_RESET = 0;
    public const uint IBV_QPS_INIT = 1;
    public const uint IBV_QPS_RTR = 2;
    public const uint IBV_QPS_RTS = 3;
    public const uint IBV_QPS_SQD = 4;
    public const uint IBV_QPS_SQE = 5;
    public const uint IBV_QPS_ERR = 6;
}

/// <summary>enum ibv_qp_type.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_qp_type
{
    public const uint IBV_QPT_RC = 2;
    public const uint IBV_QPT_UC = 3;
    public const uint IBV_QPT_UD = 4;
}

/// <summary>enum ibv_qp_attr_mask.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_qp_attr_mask
{
    public const uint IBV_QP_STATE = 1 << 0;
    public const uint IBV_QP_CUR_STATE = 1 << 1;
    public const uint IBV_QP_EN_SQD_ASYNC_NOTIFY = 1 << 2;
    public const uint IBV_QP_ACCESS_FLAGS = 1 << 3;
    public const uint IBV_QP_PKEY_INDEX = 1 << 4;
    public const uint IBV_QP_PORT = 1 << 5;
    public const uint IBV_QP_QKEY = 1 << 6;
    public const uint IBV_QP_AV = 1 << 7;
    public const uint IBV_QP_PATH_MTU = 1 << 8;
    public const uint IBV_QP_TIMEOUT = 1 << 9;
    public const uint IBV_QP_RETRY_CNT = 1 << 10;
    public const uint IBV_QP_RNR_RETRY = 1 << 11;
    public const uint IBV_QP_RQ_PSN = 1 << 12;
    public const uint IBV_QP_MAX_QP_RD_ATOMIC = 1 << 13;
    public const uint IBV_QP_ALT_PATH = 1 << 14;
    public const uint IBV_QP_MIN_RNR_TIMER = 1 << 15;
    public const uint IBV_QP_SQ_PSN = 1 << 16;
    public const uint IBV_QP_MAX_DEST_RD_ATOMIC = 1 << 17;
    public const uint IBV_QP_PATH_MIG_STATE = 1 << 18;
    public const uint IBV_QP_CAP = 1 << 19;
    public const uint IBV_QP_DEST_QPN = 1 << 20;
    public const uint IBV_QP_RATE_LIMIT = 1 << 25;
}

/// <summary>enum ibv_mtu.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_mtu
{
    public const uint IBV_MTU_256 = 1;
    public const uint IBV_MTU_512 = 2;
    public const uint IBV_MTU_1024 = 3;
    public const uint IBV_MTU_2048 = 4;
    public const uint IBV_MTU_4096 = 5;
}

/// <summary>enum ibv_mig_state.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_mig_state
{
    public const uint IBV_MIG_MIGRATED = 0;
    public const uint IBV_MIG_REARM = 1;
    public const uint IBV_MIG_ARMED = 2;
}

/// <summary>enum ibv_event_type.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_event_type
{
    public const uint IBV_EVENT_CQ_ERR = 0;
    public const uint IBV_EVENT_QP_FATAL = 1;
    public const uint IBV_EVENT_QP_REQ_ERR = 2;
    public const uint IBV_EVENT_QP_ACCESS_ERR = 3;
    public const uint IBV_EVENT_COMM_EST = 4;
    public const uint IBV_EVENT_SQ_DRAINED = 5;
    public const uint IBV_EVENT_PATH_MIG = 6;
    public const uint IBV_EVENT_PATH_MIG_ERR = 7;
    public const uint IBV_EVENT_DEVICE_FATAL = 8;
    public const uint IBV_EVENT_PORT_ACTIVE = 9;
    public const uint IBV_EVENT_PORT_ERR = 10;
    public const uint IBV_EVENT_LID_CHANGE = 11;
    public const uint IBV_EVENT_PKEY_CHANGE = 12;
    public const uint IBV_EVENT_SM_CHANGE = 13;
    public const uint IBV_EVENT_SRQ_ERR = 14;
    public const uint IBV_EVENT_SRQ_LIMIT_REACHED = 15;
    public const uint IBV_EVENT_QP_LAST_WQE_REACHED = 16;
    public const uint IBV_EVENT_CLIENT_REREGISTER = 17;
    public const uint IBV_EVENT_GID_CHANGE = 18;
    public const uint IBV_EVENT_WQ_FATAL = 19;
}

/// <summary>enum ibv_srq_type.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_srq_type
{
    public const uint IBV_SRQT_BASIC = 0;
    public const uint IBV_SRQT_XRC = 1;
    public const uint IBV_SRQT_TM = 2;
}

/// <summary>enum ibv_srq_attr_mask.</summary>
[CHeader("infiniband/verbs.h")]
public static class ibv_srq_attr_mask
{
    public const uint IBV_SRQ_MAX_WR = 1 << 0;
    public const uint IBV_SRQ_LIMIT = 1 << 1;
}
