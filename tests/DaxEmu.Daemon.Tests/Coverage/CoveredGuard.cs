using DaxEmu.Daemon.Admin;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>A table of the matrix: what stands between the callers and the files.</summary>
/// <param name="Name">As the document has it.</param>
/// <param name="Word">The same in a file name, and in the document's marks.</param>
internal sealed record CoveredGuard(string Name, string Word)
{
    /// <summary>The guards.</summary>
    public static IReadOnlyList<CoveredGuard> All { get; } =
    [
        new("FUSE, passed through", "fuse-passthrough") { Mounts = true, Passthrough = "auto" },
        new("FUSE, with a page cache of its own", "fuse-page-cache") { Mounts = true, Passthrough = "off" },
        new("none", "none"),
    ];

    /// <summary>Whether programs use the files through a mount of the guard's.</summary>
    public bool Mounts { get; private init; }

    /// <summary>The configuration key, where it mounts.</summary>
    public string? Passthrough { get; private init; }

    /// <summary>Whether it says of itself what it does not catch.</summary>
    public bool HasGaps => Word != "none";

    /// <summary>Who calls.</summary>
    public IEnumerable<CoveredCaller> Callers => CoveredCaller.All.Where(c => Mounts || !c.GoesAroundMount);

    /// <summary>Whether a daemon on this machine has it: what the configuration leaves open may have become something else.</summary>
    public bool IsServedBy(IReadOnlyList<VolumeStatus> volumes) =>
        volumes.All(v => !Mounts || v.Passthrough == (Passthrough == "auto"));
}
