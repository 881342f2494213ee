using DaxEmu.Daemon.Admin;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>A table of the matrix: what stands between the callers and the files.</summary>
/// <param name="Name">As the document has it.</param>
/// <param name="Word">The same in a file name, and in the document's marks.</param>
/// <param name="Key">The same in the configuration: <c>Volumes:N:Guard</c>.</param>
internal sealed record CoveredGuard(string Name, string Word, string Key)
{
    /// <summary>The guards.</summary>
    public static IReadOnlyList<CoveredGuard> All { get; } =
    [
        new("FUSE, passed through", "fuse-passthrough", "fuse") { Mounts = true, IsPassedThrough = true, Since = new(6, 9) },
        new("FUSE, with a page cache of its own", "fuse-page-cache", "fuse") { Mounts = true },
        new("fanotify, in place", "fanotify", "fanotify") { Since = new(6, 14) },
        new("preload, in place", "preload", "preload") { IsPreloaded = true },
        new("none", "none", "none"),
    ];

    /// <summary>Whether programs use the files through a mount of the guard's.</summary>
    public bool Mounts { get; private init; }

    /// <summary>Whether the mount's data goes straight to the files.</summary>
    public bool IsPassedThrough { get; private init; }

    /// <summary>Whether programs ask by a library that is loaded into them.</summary>
    public bool IsPreloaded { get; private init; }

    /// <summary>The first Linux that has what it needs.</summary>
    public Version Since { get; private init; } = new(0, 0);

    /// <summary>Who calls.</summary>
    public IEnumerable<CoveredCaller> Callers => CoveredCaller.All.Where(c => Mounts || !c.GoesAroundMount);

    /// <summary>Whether a volume is guarded by it: what a machine does not have becomes something else.</summary>
    public bool Guards(VolumeStatus volume) => volume.Guard == Key && (!Mounts || volume.Passthrough == IsPassedThrough);
}
