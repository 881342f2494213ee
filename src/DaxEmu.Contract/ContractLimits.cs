namespace DaxEmu.Contract;

/// <summary>How long the policies that wait let an operation wait.</summary>
/// <param name="LeaseBreakTime">
/// What a holder has to give a pin back under the lease policies, from the first operation that asks (as /proc/sys/fs/lease-break-time,
/// proc_sys_fs(5)).
/// </param>
/// <param name="WaitLimit">After this an operation under <see cref="Policy.Wait"/> fails with ETIMEDOUT; <see cref="Timeout.InfiniteTimeSpan"/>: never.</param>
public sealed record ContractLimits(TimeSpan LeaseBreakTime, TimeSpan WaitLimit)
{
    /// <summary>The kernel's own lease-break time, 45 s; and one minute.</summary>
    public static ContractLimits Default { get; } = new(TimeSpan.FromSeconds(45), TimeSpan.FromMinutes(1));
}
