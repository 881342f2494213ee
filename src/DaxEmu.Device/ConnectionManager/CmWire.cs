namespace DaxEmu.Device;

/// <summary>Numbers of the messages that connection managers exchange (IBTA volume 1, chapter 12; rdma/ib_cm.h).</summary>
internal static class CmWire
{
    /// <summary>Private data of a request.</summary>
    public const int RequestData = 92;

    /// <summary>Private data of a reply.</summary>
    public const int ReplyData = 196;

    /// <summary>Private data of a rejection.</summary>
    public const int RejectionData = 148;

    /// <summary>Private data of a service id resolution request.</summary>
    public const int ResolutionRequestData = 216;

    /// <summary>Private data of a service id resolution reply.</summary>
    public const int ResolutionReplyData = 136;

    /// <summary>What the addresses of an IP request take of its private data (IBTA annex A11; struct cma_hdr).</summary>
    public const int IpHeader = 36;

    /// <summary>IB_CM_REJ_TIMEOUT.</summary>
    public const int RejectTimeout = 4;

    /// <summary>IB_CM_REJ_INVALID_SERVICE_ID: nobody listens.</summary>
    public const int RejectInvalidService = 8;

    /// <summary>IB_CM_REJ_CONSUMER_DEFINED.</summary>
    public const byte RejectConsumer = 28;

    /// <summary>IB_CM_REJ_VENDOR_OPTION_NOT_SUPPORTED.</summary>
    public const byte RejectVendorOption = 35;

    /// <summary>IB_SIDR_UNSUPPORTED: nobody listens.</summary>
    public const int ResolutionUnsupported = 1;

    /// <summary>IB_SIDR_REJECT.</summary>
    public const int ResolutionReject = 2;

    /// <summary>Queue pair numbers and packet sequence numbers have 24 bits.</summary>
    public const uint NumberMask = 0xff_ffff;

    /// <summary>RDMA_UDP_QKEY of rdma/rdma_cm.h.</summary>
    public const uint UdpQkey = 0x0123_4567;

    /// <summary>The only partition key of a RoCE port.</summary>
    public const ushort DefaultPkey = 0xffff;

    /// <summary>CMA_IBOE_PACKET_LIFETIME: 4.096 us times two to the power of this.</summary>
    public const byte PacketLifetime = 16;

    /// <summary>IPV6_DEFAULT_HOPLIMIT.</summary>
    public const byte HopLimit = 64;

    // What a peer's program has to answer in: 4.096 us * 2^24 (CMA_CM_MRA_SETTING).
    private const int AnswerTime = 24;

    /// <summary>What a peer has to answer in.</summary>
    public static TimeSpan Patience { get; } = Times(AnswerTime);

    /// <summary>How long a connection that has ended stays in the time wait.</summary>
    public static TimeSpan TimeWait { get; } = Times(PacketLifetime + 1);

    private static TimeSpan Times(int exponent) => TimeSpan.FromMicroseconds(4.096 * (1 << exponent));
}
