using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

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
