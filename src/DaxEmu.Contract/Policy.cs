namespace DaxEmu.Contract;

/// <summary>The answer to a layout operation under a pin. An operation is judged by the policy in force when it asks, also while it waits.</summary>
public enum Policy
{
    /// <summary>The operation fails with ETXTBSY; the region is untouched.</summary>
    Deny,

    /// <summary>The operation reports success and changes nothing; the region is untouched ("continuous write").</summary>
    Ignore,

    /// <summary>The operation waits until the pins are gone, or fails: EINTR when its caller is interrupted, ETIMEDOUT after the limit.</summary>
    Wait,

    /// <summary>
    /// The holders are told; the operation proceeds when they have let go, or when the lease-break time is over and the regions have been
    /// revoked: later access through them fails.
    /// </summary>
    LeaseRevoke,

    /// <summary>As <see cref="LeaseRevoke"/>, and who has not let go in time is killed.</summary>
    LeaseKill,

    /// <summary>
    /// The operation proceeds at once; the region keeps the pages that leave the file, so that device and file no longer see the same bytes:
    /// what a real RDMA device does over the page cache (docs/reference/pins.md). What the device does to such a page is reported.
    /// </summary>
    Legacy,

    /// <summary>
    /// The operation proceeds at once; the region stays, and what the device reaches from then on is what the file has there: a new page, or
    /// nothing past its end, which fails the work request.
    /// </summary>
    Odp,
}
