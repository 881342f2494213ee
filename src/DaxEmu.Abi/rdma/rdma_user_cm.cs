using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// The commands that librdmacm writes to /dev/infiniband/rdma_cm, and their responses.

[CHeader("rdma/rdma_user_cm.h")]
public static class rdma_user_cm
{
    public const uint RDMA_USER_CM_ABI_VERSION = 4;
    public const int RDMA_MAX_PRIVATE_DATA = 256;

    public const uint RDMA_USER_CM_CMD_CREATE_ID = 0;
    public const uint RDMA_USER_CM_CMD_DESTROY_ID = 1;
    public const uint RDMA_USER_CM_CMD_BIND_IP = 2;
    public const uint RDMA_USER_CM_CMD_RESOLVE_IP = 3;
    public const uint RDMA_USER_CM_CMD_RESOLVE_ROUTE = 4;
    public const uint RDMA_USER_CM_CMD_QUERY_ROUTE = 5;
    public const uint RDMA_USER_CM_CMD_CONNECT = 6;
    public const uint RDMA_USER_CM_CMD_LISTEN = 7;
    public const uint RDMA_USER_CM_CMD_ACCEPT = 8;
    public const uint RDMA_USER_CM_CMD_REJECT = 9;
    public const uint RDMA_USER_CM_CMD_DISCONNECT = 10;
    public const uint RDMA_USER_CM_CMD_INIT_QP_ATTR = 11;
    public const uint RDMA_USER_CM_CMD_GET_EVENT = 12;
    public const uint RDMA_USER_CM_CMD_GET_OPTION = 13;
    public const uint RDMA_USER_CM_CMD_SET_OPTION = 14;
    public const uint RDMA_USER_CM_CMD_NOTIFY = 15;
    public const uint RDMA_USER_CM_CMD_JOIN_IP_MCAST = 16;
    public const uint RDMA_USER_CM_CMD_LEAVE_MCAST = 17;
    public const uint RDMA_USER_CM_CMD_MIGRATE_ID = 18;
    public const uint RDMA_USER_CM_CMD_QUERY = 19;
    public const uint RDMA_USER_CM_CMD_BIND = 20;
    public const uint RDMA_USER_CM_CMD_RESOLVE_ADDR = 21;
    public const uint RDMA_USER_CM_CMD_JOIN_MCAST = 22;

    public const ushort RDMA_PS_IPOIB = 0x0002;
    public const ushort RDMA_PS_IB = 0x013f;
    public const ushort RDMA_PS_TCP = 0x0106;
    public const ushort RDMA_PS_UDP = 0x0111;

    public const uint RDMA_USER_CM_QUERY_ADDR = 0;
    public const uint RDMA_USER_CM_QUERY_PATH = 1;
    public const uint RDMA_USER_CM_QUERY_GID = 2;

    public const ushort RDMA_MC_JOIN_FLAG_FULLMEMBER = 0;
    public const ushort RDMA_MC_JOIN_FLAG_SENDONLY_FULLMEMBER = 1;

    public const uint RDMA_OPTION_ID = 0;
    public const uint RDMA_OPTION_IB = 1;
    public const uint RDMA_OPTION_ID_TOS = 0;
    public const uint RDMA_OPTION_ID_REUSEADDR = 1;
    public const uint RDMA_OPTION_ID_AFONLY = 2;
    public const uint RDMA_OPTION_ID_ACK_TIMEOUT = 3;
    public const uint RDMA_OPTION_IB_PATH = 1;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_cmd_hdr
{
    public uint cmd;
    public ushort @in;
    public ushort @out;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_create_id
{
    public ulong uid;
    public ulong response;
    public ushort ps;
    public byte qp_type;
    public reserved_bytes reserved;

    [InlineArray(5)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_create_id_resp
{
    public uint id;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_destroy_id
{
    public ulong response;
    public uint id;
    public uint reserved;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_destroy_id_resp
{
    public uint events_reported;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_bind_ip
{
    public ulong response;
    public sockaddr_in6 addr;
    public uint id;
}

/// <summary>struct __kernel_sockaddr_storage: room for an address of any family.</summary>
[CHeader("linux/socket.h")]
[CName("struct __kernel_sockaddr_storage")]
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct kernel_sockaddr_storage
{
    [FieldOffset(0)]
    public ushort ss_family;

    // The kernel's storage is aligned as a pointer is.
    [FieldOffset(0)]
    private ulong _alignment;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_bind
{
    public uint id;
    public ushort addr_size;
    public ushort reserved;
    public kernel_sockaddr_storage addr;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_resolve_ip
{
    public sockaddr_in6 src_addr;
    public sockaddr_in6 dst_addr;
    public uint id;
    public uint timeout_ms;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_resolve_addr
{
    public uint id;
    public uint timeout_ms;
    public ushort src_size;
    public ushort dst_size;
    public uint reserved;
    public kernel_sockaddr_storage src_addr;
    public kernel_sockaddr_storage dst_addr;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_resolve_route
{
    public uint id;
    public uint timeout_ms;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_query
{
    public ulong response;
    public uint id;
    public uint option;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_query_route_resp
{
    public ulong node_guid;
    public path_pair ib_route;
    public sockaddr_in6 src_addr;
    public sockaddr_in6 dst_addr;
    public uint num_paths;
    public byte port_num;
    public reserved_bytes reserved;
    public uint ibdev_index;
    public uint reserved1;

    [InlineArray(2)]
    public struct path_pair
    {
        private ib_user_path_rec _first;
    }

    [InlineArray(3)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_query_addr_resp
{
    public ulong node_guid;
    public byte port_num;
    public byte reserved;
    public ushort pkey;
    public ushort src_size;
    public ushort dst_size;
    public kernel_sockaddr_storage src_addr;
    public kernel_sockaddr_storage dst_addr;
    public uint ibdev_index;
    public uint reserved1;
}

/// <summary>Followed by <see cref="num_paths"/> of <see cref="ib_path_rec_data"/>.</summary>
[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_query_path_resp
{
    public uint num_paths;
    public uint reserved;
}

/// <summary>RDMA_MAX_PRIVATE_DATA bytes.</summary>
[InlineArray(rdma_user_cm.RDMA_MAX_PRIVATE_DATA)]
public struct rdma_ucm_private_data
{
    private byte _first;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_conn_param
{
    public uint qp_num;
    public uint qkey;
    public rdma_ucm_private_data private_data;
    public byte private_data_len;
    public byte srq;
    public byte responder_resources;
    public byte initiator_depth;
    public byte flow_control;
    public byte retry_count;
    public byte rnr_retry_count;
    public byte valid;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_ud_param
{
    public uint qp_num;
    public uint qkey;
    public ib_uverbs_ah_attr ah_attr;
    public rdma_ucm_private_data private_data;
    public byte private_data_len;
    public reserved_bytes reserved;

    [InlineArray(7)]
    public struct reserved_bytes
    {
        private byte _first;
    }
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_ece
{
    public uint vendor_id;
    public uint attr_mod;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_connect
{
    public rdma_ucm_conn_param conn_param;
    public uint id;
    public uint reserved;
    public rdma_ucm_ece ece;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_listen
{
    public uint id;
    public uint backlog;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_accept
{
    public ulong uid;
    public rdma_ucm_conn_param conn_param;
    public uint id;
    public uint reserved;
    public rdma_ucm_ece ece;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_reject
{
    public uint id;
    public byte private_data_len;
    public byte reason;
    public ushort reserved;
    public rdma_ucm_private_data private_data;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_disconnect
{
    public uint id;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_init_qp_attr
{
    public ulong response;
    public uint id;
    public uint qp_state;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_notify
{
    public uint id;
    public uint @event;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_join_ip_mcast
{
    public ulong response;
    public ulong uid;
    public sockaddr_in6 addr;
    public uint id;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_join_mcast
{
    public ulong response;
    public ulong uid;
    public uint id;
    public ushort addr_size;
    public ushort join_flags;
    public kernel_sockaddr_storage addr;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_get_event
{
    public ulong response;
}

[CHeader("rdma/rdma_user_cm.h")]
[StructLayout(LayoutKind.Explicit, Size = 336)]
public struct rdma_ucm_event_resp
{
    [FieldOffset(0)]
    public ulong uid;

    [FieldOffset(8)]
    public uint id;

    [FieldOffset(12)]
    public uint @event;

    [FieldOffset(16)]
    public uint status;

    [FieldOffset(20)]
    [CName("param.conn")]
    public rdma_ucm_conn_param param_conn;

    [FieldOffset(20)]
    [CName("param.ud")]
    public rdma_ucm_ud_param param_ud;

    [FieldOffset(324)]
    public uint reserved;

    [FieldOffset(328)]
    public rdma_ucm_ece ece;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_set_option
{
    public ulong optval;
    public uint id;
    public uint level;
    public uint optname;
    public uint optlen;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_migrate_id
{
    public ulong response;
    public uint id;
    public uint fd;
}

[CHeader("rdma/rdma_user_cm.h")]
public struct rdma_ucm_migrate_resp
{
    public uint events_reported;
}
