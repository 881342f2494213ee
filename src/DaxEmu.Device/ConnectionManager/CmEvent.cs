using DaxEmu.Abi;

namespace DaxEmu.Device;

/// <summary>An event that its client has not taken yet.</summary>
/// <param name="id">Whose event it is: counts it when it is taken, and takes it along when it moves or goes.</param>
/// <param name="response">As the client gets it.</param>
internal sealed class CmEvent(CmId id, in rdma_ucm_event_resp response)
{
    private readonly rdma_ucm_event_resp _response = response;

    /// <summary>Whose event it is; of a connection request: the listener.</summary>
    public CmId Id { get; } = id;

    /// <summary>As the client gets it.</summary>
    public ref readonly rdma_ucm_event_resp Response => ref _response;

    /// <summary>The new id of a connection request, or null.</summary>
    public CmId? Incoming { get; init; }

    /// <summary>The multicast group of a join, or null.</summary>
    public CmMulticast? Multicast { get; init; }
}
