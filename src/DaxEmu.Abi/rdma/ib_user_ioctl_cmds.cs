namespace DaxEmu.Abi;

/// <summary>The attributes that carry the provider's own data, of whatever method.</summary>
[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class ib_user_ioctl_cmds
{
    public const ushort UVERBS_ATTR_UHW_IN = 0x1000;
    public const ushort UVERBS_ATTR_UHW_OUT = 0x1001;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_default_objects
{
    public const ushort UVERBS_OBJECT_DEVICE = 0;
    public const ushort UVERBS_OBJECT_PD = 1;
    public const ushort UVERBS_OBJECT_COMP_CHANNEL = 2;
    public const ushort UVERBS_OBJECT_CQ = 3;
    public const ushort UVERBS_OBJECT_QP = 4;
    public const ushort UVERBS_OBJECT_SRQ = 5;
    public const ushort UVERBS_OBJECT_AH = 6;
    public const ushort UVERBS_OBJECT_MR = 7;
    public const ushort UVERBS_OBJECT_MW = 8;
    public const ushort UVERBS_OBJECT_FLOW = 9;
    public const ushort UVERBS_OBJECT_XRCD = 10;
    public const ushort UVERBS_OBJECT_RWQ_IND_TBL = 11;
    public const ushort UVERBS_OBJECT_WQ = 12;
    public const ushort UVERBS_OBJECT_FLOW_ACTION = 13;
    public const ushort UVERBS_OBJECT_DM = 14;
    public const ushort UVERBS_OBJECT_COUNTERS = 15;
    public const ushort UVERBS_OBJECT_ASYNC_EVENT = 16;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_methods_device
{
    public const ushort UVERBS_METHOD_INVOKE_WRITE = 0;
    public const ushort UVERBS_METHOD_INFO_HANDLES = 1;
    public const ushort UVERBS_METHOD_QUERY_PORT = 2;
    public const ushort UVERBS_METHOD_GET_CONTEXT = 3;
    public const ushort UVERBS_METHOD_QUERY_CONTEXT = 4;
    public const ushort UVERBS_METHOD_QUERY_GID_TABLE = 5;
    public const ushort UVERBS_METHOD_QUERY_GID_ENTRY = 6;
    [Since("7.0")]
    public const ushort UVERBS_METHOD_QUERY_PORT_SPEED = 7;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_invoke_write_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_CORE_IN = 0;
    public const ushort UVERBS_ATTR_CORE_OUT = 1;
    public const ushort UVERBS_ATTR_WRITE_CMD = 2;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_query_port_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_QUERY_PORT_PORT_NUM = 0;
    public const ushort UVERBS_ATTR_QUERY_PORT_RESP = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_get_context_attr_ids
{
    public const ushort UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS = 0;
    public const ushort UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT = 1;
    [Since("7.0")]
    public const ushort UVERBS_ATTR_GET_CONTEXT_FD_ARR = 2;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_query_context_attr_ids
{
    public const ushort UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS = 0;
    public const ushort UVERBS_ATTR_QUERY_CONTEXT_CORE_SUPPORT = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_create_cq_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_CREATE_CQ_HANDLE = 0;
    public const ushort UVERBS_ATTR_CREATE_CQ_CQE = 1;
    public const ushort UVERBS_ATTR_CREATE_CQ_USER_HANDLE = 2;
    public const ushort UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL = 3;
    public const ushort UVERBS_ATTR_CREATE_CQ_COMP_VECTOR = 4;
    public const ushort UVERBS_ATTR_CREATE_CQ_FLAGS = 5;
    public const ushort UVERBS_ATTR_CREATE_CQ_RESP_CQE = 6;
    public const ushort UVERBS_ATTR_CREATE_CQ_EVENT_FD = 7;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_destroy_cq_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_DESTROY_CQ_HANDLE = 0;
    public const ushort UVERBS_ATTR_DESTROY_CQ_RESP = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_create_qp_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_CREATE_QP_HANDLE = 0;
    public const ushort UVERBS_ATTR_CREATE_QP_XRCD_HANDLE = 1;
    public const ushort UVERBS_ATTR_CREATE_QP_PD_HANDLE = 2;
    public const ushort UVERBS_ATTR_CREATE_QP_SRQ_HANDLE = 3;
    public const ushort UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE = 4;
    public const ushort UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE = 5;
    public const ushort UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE = 6;
    public const ushort UVERBS_ATTR_CREATE_QP_USER_HANDLE = 7;
    public const ushort UVERBS_ATTR_CREATE_QP_CAP = 8;
    public const ushort UVERBS_ATTR_CREATE_QP_TYPE = 9;
    public const ushort UVERBS_ATTR_CREATE_QP_FLAGS = 10;
    public const ushort UVERBS_ATTR_CREATE_QP_SOURCE_QPN = 11;
    public const ushort UVERBS_ATTR_CREATE_QP_EVENT_FD = 12;
    public const ushort UVERBS_ATTR_CREATE_QP_RESP_CAP = 13;
    public const ushort UVERBS_ATTR_CREATE_QP_RESP_QP_NUM = 14;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_destroy_qp_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_DESTROY_QP_HANDLE = 0;
    public const ushort UVERBS_ATTR_DESTROY_QP_RESP = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_methods_qp
{
    public const ushort UVERBS_METHOD_QP_CREATE = 0;
    public const ushort UVERBS_METHOD_QP_DESTROY = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_create_srq_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_CREATE_SRQ_HANDLE = 0;
    public const ushort UVERBS_ATTR_CREATE_SRQ_PD_HANDLE = 1;
    public const ushort UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE = 2;
    public const ushort UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE = 3;
    public const ushort UVERBS_ATTR_CREATE_SRQ_USER_HANDLE = 4;
    public const ushort UVERBS_ATTR_CREATE_SRQ_MAX_WR = 5;
    public const ushort UVERBS_ATTR_CREATE_SRQ_MAX_SGE = 6;
    public const ushort UVERBS_ATTR_CREATE_SRQ_LIMIT = 7;
    public const ushort UVERBS_ATTR_CREATE_SRQ_MAX_NUM_TAGS = 8;
    public const ushort UVERBS_ATTR_CREATE_SRQ_TYPE = 9;
    public const ushort UVERBS_ATTR_CREATE_SRQ_EVENT_FD = 10;
    public const ushort UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR = 11;
    public const ushort UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE = 12;
    public const ushort UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM = 13;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_destroy_srq_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_DESTROY_SRQ_HANDLE = 0;
    public const ushort UVERBS_ATTR_DESTROY_SRQ_RESP = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_methods_srq
{
    public const ushort UVERBS_METHOD_SRQ_CREATE = 0;
    public const ushort UVERBS_METHOD_SRQ_DESTROY = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_methods_cq
{
    public const ushort UVERBS_METHOD_CQ_CREATE = 0;
    public const ushort UVERBS_METHOD_CQ_DESTROY = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_methods_mr
{
    public const ushort UVERBS_METHOD_DM_MR_REG = 0;
    public const ushort UVERBS_METHOD_MR_DESTROY = 1;
    public const ushort UVERBS_METHOD_ADVISE_MR = 2;
    public const ushort UVERBS_METHOD_QUERY_MR = 3;
    public const ushort UVERBS_METHOD_REG_DMABUF_MR = 4;
    [Since("7.0")]
    public const ushort UVERBS_METHOD_REG_MR = 5;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_mr_destroy_ids
{
    public const ushort UVERBS_ATTR_DESTROY_MR_HANDLE = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_advise_mr_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_ADVISE_MR_PD_HANDLE = 0;
    public const ushort UVERBS_ATTR_ADVISE_MR_ADVICE = 1;
    public const ushort UVERBS_ATTR_ADVISE_MR_FLAGS = 2;
    public const ushort UVERBS_ATTR_ADVISE_MR_SGE_LIST = 3;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_query_mr_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_QUERY_MR_HANDLE = 0;
    public const ushort UVERBS_ATTR_QUERY_MR_RESP_LKEY = 1;
    public const ushort UVERBS_ATTR_QUERY_MR_RESP_RKEY = 2;
    public const ushort UVERBS_ATTR_QUERY_MR_RESP_LENGTH = 3;
    public const ushort UVERBS_ATTR_QUERY_MR_RESP_IOVA = 4;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_info_handles_id
{
    public const ushort UVERBS_ATTR_INFO_OBJECT_ID = 0;
    public const ushort UVERBS_ATTR_INFO_TOTAL_HANDLES = 1;
    public const ushort UVERBS_ATTR_INFO_HANDLES_LIST = 2;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_methods_pd
{
    public const ushort UVERBS_METHOD_PD_DESTROY = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_pd_destroy_ids
{
    public const ushort UVERBS_ATTR_DESTROY_PD_HANDLE = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_methods_mw
{
    public const ushort UVERBS_METHOD_MW_DESTROY = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_mw_destroy_ids
{
    public const ushort UVERBS_ATTR_DESTROY_MW_HANDLE = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_methods_ah
{
    public const ushort UVERBS_METHOD_AH_DESTROY = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_ah_destroy_ids
{
    public const ushort UVERBS_ATTR_DESTROY_AH_HANDLE = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_method_async_event
{
    public const ushort UVERBS_METHOD_ASYNC_EVENT_ALLOC = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_async_event_create
{
    public const ushort UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE = 0;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_query_gid_table_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE = 0;
    public const ushort UVERBS_ATTR_QUERY_GID_TABLE_FLAGS = 1;
    public const ushort UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES = 2;
    public const ushort UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES = 3;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
public static class uverbs_attrs_query_gid_entry_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_QUERY_GID_ENTRY_PORT = 0;
    public const ushort UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX = 1;
    public const ushort UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS = 2;
    public const ushort UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY = 3;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
[Since("7.0")]
public static class uverbs_attrs_query_port_speed_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_QUERY_PORT_SPEED_PORT_NUM = 0;
    public const ushort UVERBS_ATTR_QUERY_PORT_SPEED_RESP = 1;
}

[CHeader("rdma/ib_user_ioctl_cmds.h")]
[Since("7.0")]
public static class uverbs_attrs_reg_mr_cmd_attr_ids
{
    public const ushort UVERBS_ATTR_REG_MR_HANDLE = 0;
    public const ushort UVERBS_ATTR_REG_MR_PD_HANDLE = 1;
    public const ushort UVERBS_ATTR_REG_MR_DMA_HANDLE = 2;
    public const ushort UVERBS_ATTR_REG_MR_IOVA = 3;
    public const ushort UVERBS_ATTR_REG_MR_ADDR = 4;
    public const ushort UVERBS_ATTR_REG_MR_LENGTH = 5;
    public const ushort UVERBS_ATTR_REG_MR_ACCESS_FLAGS = 6;
    public const ushort UVERBS_ATTR_REG_MR_FD = 7;
    public const ushort UVERBS_ATTR_REG_MR_FD_OFFSET = 8;
    public const ushort UVERBS_ATTR_REG_MR_RESP_LKEY = 9;
    public const ushort UVERBS_ATTR_REG_MR_RESP_RKEY = 10;
}
