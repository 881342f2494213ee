using System.Buffers.Binary;
using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.ib_uverbs_device_cap_flags;
using static DaxEmu.Abi.ibv_mtu;
using static DaxEmu.Abi.ibv_odp_general_caps;
using static DaxEmu.Abi.ibv_odp_transport_cap_bits;

namespace DaxEmu.Device;

/// <summary>
/// What ibv_query_device(3) and ibv_query_port(3) say: the limits that the NIC enforces, and nothing that it does not have.
/// </summary>
/// <param name="nic">The NIC's limits.</param>
/// <param name="device">Whose they are.</param>
internal sealed class DeviceAttributes(NicOptions nic, EmulatedDevice device)
{
    // enum ib_atomic_cap, IB_ATOMIC_HCA: among the operations of this device, as cards say. Of memory that cannot be mapped no more is true.
    private const uint AtomicWithinDevice = 1;

    // Every page size: bits 12 and up.
    private const ulong PageSizes = 0xffff_f000;

    // IBTA 14.2.5.6, PortInfo; enum ib_port_state, enum rdma_link_layer, enum ib_port_width, enum ib_port_speed.
    private const byte PortDown = 1;
    private const byte PortActive = 4;
    private const byte Disabled = 3;
    private const byte LinkUp = 5;
    private const byte Ethernet = 2;
    private const byte FourLanes = 2;
    private const byte Edr = 32;
    private const uint CommunicationManagement = 1 << 16;
    private const byte GrhRequired = 1;

    /// <summary>Four lanes of EDR, in the units of query_port_speed.</summary>
    public const ulong SpeedIn100Megabits = 1000;

    /// <summary>ibv_query_device(3).</summary>
    public ib_uverbs_query_device_resp Device => new()
    {
        node_guid = NetworkOrder(device.NodeGuid),
        sys_image_guid = NetworkOrder(device.NodeGuid),
        max_mr_size = nic.MaxRegionBytes,
        page_size_cap = PageSizes,
        vendor_id = device.Options.VendorId,
        vendor_part_id = device.Options.VendorPartId,
        max_qp = (uint)nic.MaxQueuePairs,
        max_qp_wr = (uint)nic.MaxWorkRequests,
        device_cap_flags = IB_UVERBS_DEVICE_SYS_IMAGE_GUID | IB_UVERBS_DEVICE_RC_RNR_NAK_GEN | IB_UVERBS_DEVICE_SRQ_RESIZE
            | IB_UVERBS_DEVICE_MEM_MGT_EXTENSIONS | IB_UVERBS_DEVICE_MEM_WINDOW | IB_UVERBS_DEVICE_MEM_WINDOW_TYPE_2B,
        max_sge = (uint)nic.MaxSge,
        max_sge_rd = (uint)nic.MaxSge,
        max_cq = (uint)nic.MaxCompletionQueues,
        max_cqe = (uint)nic.MaxCompletionEntries,
        max_srq = (uint)nic.MaxSharedReceiveQueues,
        max_srq_wr = (uint)nic.MaxWorkRequests,
        max_srq_sge = (uint)nic.MaxSge,
        max_mr = (uint)nic.MaxMemoryRegions,
        max_mw = (uint)nic.MaxMemoryWindows,
        max_pd = (uint)nic.MaxProtectionDomains,
        max_qp_rd_atom = (uint)nic.MaxReadAtomic,
        max_qp_init_rd_atom = (uint)nic.MaxReadAtomic,
        max_res_rd_atom = (uint)(nic.MaxReadAtomic * nic.MaxQueuePairs),
        atomic_cap = AtomicWithinDevice,
        max_ah = (uint)nic.MaxAddressHandles,
        max_mcast_grp = (uint)nic.MaxMulticastGroups,
        max_mcast_qp_attach = NicOptions.MulticastMembers,
        max_total_mcast_qp_attach = (uint)nic.MaxMulticastGroups * NicOptions.MulticastMembers,
        max_pkeys = 1,
        phys_port_cnt = (byte)device.Ports.Count,
    };

    /// <summary>On-demand paging: every operation of every service, with explicit regions.</summary>
    public static ib_uverbs_odp_caps OnDemand => new()
    {
        general_caps = IBV_ODP_SUPPORT,
        per_transport_caps_rc_odp_caps = IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_RECV | IBV_ODP_SUPPORT_WRITE | IBV_ODP_SUPPORT_READ
            | IBV_ODP_SUPPORT_ATOMIC | IBV_ODP_SUPPORT_SRQ_RECV,
        per_transport_caps_uc_odp_caps = IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_RECV | IBV_ODP_SUPPORT_WRITE | IBV_ODP_SUPPORT_SRQ_RECV,
        per_transport_caps_ud_odp_caps = IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_RECV | IBV_ODP_SUPPORT_SRQ_RECV,
    };

    /// <summary>ibv_query_port(3).</summary>
    public ib_uverbs_query_port_resp Port(EmulatedPort port) => new()
    {
        port_cap_flags = CommunicationManagement,
        max_msg_sz = nic.MaxMessageBytes,
        gid_tbl_len = (uint)port.Gids.Entries.Length,
        pkey_tbl_len = 1,
        state = port.Options.IsActive ? PortActive : PortDown,
        max_mtu = (byte)IBV_MTU_4096,
        active_mtu = (byte)IBV_MTU_4096,
        max_vl_num = 1,
        active_width = FourLanes,
        active_speed = Edr,
        phys_state = port.Options.IsActive ? LinkUp : Disabled,
        link_layer = Ethernet,
        flags = GrhRequired,
    };

    private static ulong NetworkOrder(ulong value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
