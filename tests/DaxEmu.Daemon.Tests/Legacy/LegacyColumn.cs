namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A column of the table: where its rows are run.</summary>
/// <param name="Name">As the document has it.</param>
/// <param name="Filesystem">The backing filesystem.</param>
/// <param name="Passthrough">False: the mount has a page cache of its own, and the device maps the mounted file.</param>
internal sealed record LegacyColumn(string Name, string Filesystem, bool Passthrough = true)
{
    /// <summary>A real pin of the running kernel, without a guard.</summary>
    public const string Real = "real pin, tmpfs";

    /// <summary>The columns of the emulator.</summary>
    public static IReadOnlyList<LegacyColumn> All { get; } =
    [
        new("ext4", "ext4"), new("xfs", "xfs"), new("btrfs", "btrfs"), new("tmpfs", "tmpfs"),
        new("ext4, no passthrough", "ext4", Passthrough: false),
    ];

    /// <summary>Those of the table of durability: writes are held back where the mount has a page cache of its own.</summary>
    public static IReadOnlyList<LegacyColumn> Durability { get; } =
    [
        new("ext4", "ext4", Passthrough: false), new("xfs", "xfs", Passthrough: false), new("btrfs", "btrfs", Passthrough: false),
        new("tmpfs", "tmpfs", Passthrough: false), new("ext4, passed through", "ext4"),
    ];
}
