using DaxEmu.Contract;
using DaxEmu.Daemon.Commands;
using DaxEmu.Daemon.Composition;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using DaxEmu.Guards.Fuse;

namespace DaxEmu.Daemon.Admin;

/// <summary>What the admin API answers, gathered at the moment of the question.</summary>
internal sealed class AdminView(
    DaxEmuOptions options,
    RuntimeDirectory runtime,
    IFileContract contract,
    IContractJournal journal,
    IPolicySource policies,
    FileLocator files,
    DeviceService device,
    GuardedVolumes volumes,
    TimeProvider time)
{
    private readonly DateTimeOffset _since = time.GetUtcNow();

    /// <summary>What the daemon serves.</summary>
    public DaemonStatus Status() => new(
        VersionCommand.Version,
        Environment.ProcessId,
        _since,
        runtime.Path,
        options.Contract.Policy ?? Policy.Deny,
        device.Snapshot,
        [.. volumes.All.Select(Describe)],
        contract.PinsOf().Count,
        journal.Of().Count);

    /// <summary>All pins.</summary>
    public IReadOnlyList<Pin> Pins() => contract.PinsOf();

    /// <summary>The pins on a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public IReadOnlyList<Pin> PinsOf(string path) => contract.PinsOf(Find(path).Identity);

    /// <summary>The journal.</summary>
    public IReadOnlyList<ContractEvent> Events() => journal.Of();

    /// <summary>What is known of a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public WhyReply Why(string path)
    {
        LocatedFile file = Find(path);
        IReadOnlyList<ContractEvent> events = journal.Of(file.Identity);
        IReadOnlyList<Pin> pins = contract.PinsOf(file.Identity);
        bool known = events.Count > 0 || pins.Count > 0;
        return new(
            path,
            file.Mount,
            known,
            known ? Contract.Why.Explain(file.Identity, path, events, pins, policies.Resolve(file.Identity, file.Path)) : null);
    }

    private static VolumeStatus Describe(GuardedVolume volume) => new(
        volume.Options.Backing,
        volume.Options.Mount,
        volume.Guard?.DataPath == FuseDataPath.Passthrough,
        volume.Guard?.DataPathReason ?? "It is not mounted.",
        volume.Guard?.Gaps ?? []);

    private LocatedFile Find(string path) =>
        files.Locate(path) ?? throw new FileNotFoundException($"{path}: there is no such file.");
}
