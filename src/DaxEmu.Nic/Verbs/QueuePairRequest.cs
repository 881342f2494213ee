namespace DaxEmu.Nic;

/// <summary>A wish for a queue pair (struct ibv_qp_init_attr).</summary>
/// <param name="Type">IBV_QPT_RC, IBV_QPT_UC or IBV_QPT_UD.</param>
/// <param name="Capabilities">Its capacities, as <see cref="QpCapabilities.Granted"/> gives them.</param>
/// <param name="SendRing">Where its send ring lies: <see cref="QpCapabilities.SendRing"/> bytes.</param>
/// <param name="ReceiveRing">Where its receive ring lies: <see cref="QpCapabilities.ReceiveRing"/> bytes.</param>
/// <param name="SendCq">Gets its send completions.</param>
/// <param name="ReceiveCq">Gets its receive completions.</param>
/// <param name="SignalAll">sq_sig_all: every send completes with an entry, whatever its flags.</param>
/// <param name="Cookie">Carried by its events.</param>
/// <param name="SharedReceives">Where its receives come from; it has no receive ring then.</param>
public sealed record QueuePairRequest(
    uint Type,
    QpCapabilities Capabilities,
    RingLocation SendRing,
    RingLocation ReceiveRing,
    CompletionQueue SendCq,
    CompletionQueue ReceiveCq,
    bool SignalAll,
    ulong Cookie,
    SharedReceiveQueue? SharedReceives = null);
