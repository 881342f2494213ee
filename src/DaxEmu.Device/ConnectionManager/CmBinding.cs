namespace DaxEmu.Device;

/// <summary>A port of a port space and the ids that are bound to it (struct rdma_bind_list).</summary>
/// <param name="PortSpace">RDMA_PS_*.</param>
/// <param name="Number">The port.</param>
internal sealed record CmBinding(ushort PortSpace, ushort Number)
{
    /// <summary>The ids.</summary>
    public List<CmId> Owners { get; } = [];
}
