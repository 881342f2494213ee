namespace DaxEmu.Daemon.Configuration;

/// <summary>The daemon's whole configuration, valid by construction: <see cref="OptionsReader"/> makes no other.</summary>
/// <param name="Sockets">Where clients find the daemon.</param>
/// <param name="Device">The emulated RDMA device.</param>
/// <param name="Volumes">The guarded volumes.</param>
/// <param name="Contract">The filesystem contract.</param>
/// <param name="Engine">The work-queue threads.</param>
/// <param name="Journal">The decisions kept.</param>
internal sealed record DaxEmuOptions(
    SocketsOptions Sockets,
    DeviceOptions Device,
    IReadOnlyList<VolumeOptions> Volumes,
    ContractOptions Contract,
    EngineOptions Engine,
    JournalOptions Journal);
