namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    /// <summary>
    /// Changes a queue pair's attributes or state (ibv_modify_qp(3)), by the rules of the kernel's ib_modify_qp_is_ok. To RESET it also
    /// empties both rings.
    /// </summary>
    /// <param name="qp">The queue pair.</param>
    /// <param name="wish">The values.</param>
    /// <param name="mask">Which of them count: IBV_QP_*.</param>
    /// <returns>
    /// EINVAL, naming the attribute that is missing, not allowed here or out of range; ENETUNREACH when no local port has the
    /// destination's GID, as the kernel's route look-up answers.
    /// </returns>
    public NicResult ModifyQueuePair(QueuePair qp, in QpAttributes wish, uint mask) => throw new NotImplementedException();

    /// <summary>A queue pair's attributes and state now (ibv_query_qp(3)); EINVAL when it is gone.</summary>
    public NicResult<QpAttributes> QueryQueuePair(QueuePair qp) => throw new NotImplementedException();
}
