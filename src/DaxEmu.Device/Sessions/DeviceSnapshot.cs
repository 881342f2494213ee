namespace DaxEmu.Device;

/// <summary>The devices, as <c>daxemu status</c> shows them.</summary>
/// <param name="Devices">What there is.</param>
/// <param name="SocketPath">Where clients connect.</param>
/// <param name="Sessions">The open device files, by id.</param>
/// <param name="Objects">What all of them have together.</param>
/// <param name="Listeners">Where connections are accepted (rdma_listen(3)).</param>
public sealed record DeviceSnapshot(
    IReadOnlyList<DeviceDescription> Devices, string SocketPath, IReadOnlyList<SessionSnapshot> Sessions, ObjectCounts Objects,
    IReadOnlyList<ListenerDescription> Listeners);
