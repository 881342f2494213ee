namespace DaxEmu.Nic;

/// <summary>What a completion queue is armed for (ibv_req_notify_cq(3)).</summary>
internal enum CqNotification : uint
{
    None = 0,

    /// <summary>A solicited or failed completion.</summary>
    Solicited = 1,

    /// <summary>Any completion; stays when a solicited one is asked for as well.</summary>
    Any = 2,
}
