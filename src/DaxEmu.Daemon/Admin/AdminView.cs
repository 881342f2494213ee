using System.Runtime.CompilerServices;
using DaxEmu.Contract;
using DaxEmu.Daemon.Commands;
using DaxEmu.Daemon.Composition;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using DaxEmu.Daemon.Journal;
using DaxEmu.Guards.Fuse;

namespace DaxEmu.Daemon.Admin;

/// <summary>What the admin API answers, gathered at the moment of the question.</summary>
internal sealed class AdminView(
    DaxEmuOptions options,
    RuntimeDirectory runtime,
    IFileContract contract,
    SqliteJournal journal,
    PolicySource policies,
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
        new JournalStatus(journal.Path, journal.Of().Count, journal.Unwritten));

    /// <summary>All pins.</summary>
    public IReadOnlyList<Pin> Pins() => contract.PinsOf();

    /// <summary>The pins on a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public IReadOnlyList<Pin> PinsOf(string path) => contract.PinsOf(Find(path).Identity);

    /// <summary>The journal: all of it, or what it has of a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public IReadOnlyList<ContractEvent> Events(string? path) => journal.Of(path is null ? null : Find(path).Identity);

    /// <summary>As <see cref="Events"/>, and then what comes, without a gap or a repetition, until the reader goes away.</summary>
    /// <param name="path">A name of the file, or null for all.</param>
    /// <param name="withPast">False: only what comes.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public IAsyncEnumerable<ContractEvent> FollowEvents(string? path, bool withPast)
    {
        FileIdentity? file = path is null ? null : Find(path).Identity;

        // Followed first, then asked for the past: nothing falls between.
        EventFollower follower = journal.Follow();
        IReadOnlyList<ContractEvent> past = journal.Of(file);
        return Follow(follower, withPast ? past : [], past.Count > 0 ? past[^1].Sequence : 0, file);
    }

    private static async IAsyncEnumerable<ContractEvent> Follow(
        EventFollower follower, IReadOnlyList<ContractEvent> past, long last, FileIdentity? file,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using (follower)
        {
            foreach (ContractEvent entry in past)
            {
                yield return entry;
            }

            await foreach (ContractEvent entry in follower.Events.ReadAllAsync(cancellation))
            {
                if (entry.Sequence > last && (file is null || entry.File == file))
                {
                    yield return entry;
                }
            }
        }
    }

    /// <summary>The policy in force for a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public PolicyReply PolicyOf(string path)
    {
        LocatedFile file = Find(path);
        return new(
            path, file.Mount, policies.Resolve(file.Identity, file.Path), policies.PlacesOf(file.Identity, file.Path),
            policies.RulesOf(file.Identity, file.Path), contract.PinsOf(file.Identity).Count);
    }

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
        volume.Guard?.Name ?? "not at work",
        volume.Guard is { } guard && guard is not FuseGuard { DataPath: not FuseDataPath.Passthrough },
        volume.Guard?.Reason ?? "It is not guarded now.",
        volume.Guard?.Gaps ?? []);

    private LocatedFile Find(string path) =>
        files.Locate(path) ?? throw new FileNotFoundException($"{path}: there is no such file.");
}
