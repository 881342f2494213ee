using static DaxEmu.Abi.ibv_event_type;

namespace DaxEmu.Client;

/// <summary>What happened outside any work request: <c>enum ibv_event_type</c>.</summary>
public enum AsyncEventType
{
    /// <summary>A completion queue overflowed (<c>IBV_EVENT_CQ_ERR</c>).</summary>
    CompletionQueueError = (int)IBV_EVENT_CQ_ERR,

    /// <summary>A queue pair failed and cannot report it by a completion (<c>IBV_EVENT_QP_FATAL</c>).</summary>
    QueuePairFatal = (int)IBV_EVENT_QP_FATAL,

    /// <summary>A queue pair received a request that it cannot parse or order (<c>IBV_EVENT_QP_REQ_ERR</c>).</summary>
    QueuePairRequestError = (int)IBV_EVENT_QP_REQ_ERR,

    /// <summary>A queue pair received a request that its memory does not allow (<c>IBV_EVENT_QP_ACCESS_ERR</c>).</summary>
    QueuePairAccessError = (int)IBV_EVENT_QP_ACCESS_ERR,

    /// <summary>The first message came in on a queue pair that is not yet ready to send (<c>IBV_EVENT_COMM_EST</c>).</summary>
    CommunicationEstablished = (int)IBV_EVENT_COMM_EST,

    /// <summary>A send queue finished what was posted before it was told to drain (<c>IBV_EVENT_SQ_DRAINED</c>).</summary>
    SendQueueDrained = (int)IBV_EVENT_SQ_DRAINED,

    /// <summary>A queue pair took its alternate path (<c>IBV_EVENT_PATH_MIG</c>).</summary>
    PathMigrated = (int)IBV_EVENT_PATH_MIG,

    /// <summary>A queue pair failed to take its alternate path (<c>IBV_EVENT_PATH_MIG_ERR</c>).</summary>
    PathMigrationError = (int)IBV_EVENT_PATH_MIG_ERR,

    /// <summary>The device failed (<c>IBV_EVENT_DEVICE_FATAL</c>).</summary>
    DeviceFatal = (int)IBV_EVENT_DEVICE_FATAL,

    /// <summary>A port came up (<c>IBV_EVENT_PORT_ACTIVE</c>).</summary>
    PortActive = (int)IBV_EVENT_PORT_ACTIVE,

    /// <summary>A port went down (<c>IBV_EVENT_PORT_ERR</c>).</summary>
    PortError = (int)IBV_EVENT_PORT_ERR,

    /// <summary>A port's LID changed (<c>IBV_EVENT_LID_CHANGE</c>).</summary>
    LidChange = (int)IBV_EVENT_LID_CHANGE,

    /// <summary>A port's partition keys changed (<c>IBV_EVENT_PKEY_CHANGE</c>).</summary>
    PartitionKeyChange = (int)IBV_EVENT_PKEY_CHANGE,

    /// <summary>
    /// Somebody waits to change the file under a memory region, and asks for it to be deregistered
    /// (<c>DAXEMU_EVENT_LEASE_BREAK</c> of daxemu/device.h; no kernel has it): see <see cref="MemoryRegion.LeaseBreak"/>.
    /// </summary>
    LeaseBreak = (int)Abi.daxemu_device.DAXEMU_EVENT_LEASE_BREAK,

    /// <summary>A port's GIDs changed (<c>IBV_EVENT_GID_CHANGE</c>).</summary>
    GidChange = (int)IBV_EVENT_GID_CHANGE,
}
