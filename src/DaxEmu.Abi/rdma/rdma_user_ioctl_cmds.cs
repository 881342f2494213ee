namespace DaxEmu.Abi;

[CHeader("rdma/rdma_user_ioctl_cmds.h")]
public static class rdma_user_ioctl_cmds
{
    public const uint RDMA_VERBS_IOCTL = 0xc018_1b01;
    public const ushort UVERBS_ATTR_F_MANDATORY = 1 << 0;
    public const ushort UVERBS_ATTR_F_VALID_OUTPUT = 1 << 1;
}

[CHeader("rdma/rdma_user_ioctl_cmds.h")]
public struct ib_uverbs_attr
{
    public ushort attr_id;
    public ushort len;
    public ushort flags;

    /// <summary>A union: enum_data {elem_id, reserved}, or all of it reserved.</summary>
    public ushort attr_data;

    /// <summary>A pointer; or, of at most 8 bytes, the data themselves; or a handle or descriptor.</summary>
    public ulong data;
}

/// <summary>struct ib_uverbs_ioctl_hdr without its flexible array: the attributes follow.</summary>
[CHeader("rdma/rdma_user_ioctl_cmds.h")]
public struct ib_uverbs_ioctl_hdr
{
    public ushort length;
    public ushort object_id;
    public ushort method_id;
    public ushort num_attrs;
    public ulong reserved1;
    public uint driver_id;
    public uint reserved2;
}
