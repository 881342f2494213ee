namespace DaxEmu.Device;

/// <summary>enum rdma_cm_event_type of rdma/rdma_cma.h.</summary>
internal enum CmEventType : uint
{
    /// <summary>RDMA_CM_EVENT_ADDR_RESOLVED.</summary>
    AddressResolved = 0,

    /// <summary>RDMA_CM_EVENT_ADDR_ERROR.</summary>
    AddressError = 1,

    /// <summary>RDMA_CM_EVENT_ROUTE_RESOLVED.</summary>
    RouteResolved = 2,

    /// <summary>RDMA_CM_EVENT_CONNECT_REQUEST.</summary>
    ConnectRequest = 4,

    /// <summary>RDMA_CM_EVENT_CONNECT_RESPONSE.</summary>
    ConnectResponse = 5,

    /// <summary>RDMA_CM_EVENT_UNREACHABLE.</summary>
    Unreachable = 7,

    /// <summary>RDMA_CM_EVENT_REJECTED.</summary>
    Rejected = 8,

    /// <summary>RDMA_CM_EVENT_ESTABLISHED.</summary>
    Established = 9,

    /// <summary>RDMA_CM_EVENT_DISCONNECTED.</summary>
    Disconnected = 10,

    /// <summary>RDMA_CM_EVENT_MULTICAST_JOIN.</summary>
    MulticastJoin = 12,

    /// <summary>RDMA_CM_EVENT_TIMEWAIT_EXIT.</summary>
    TimeWaitExit = 15,
}
