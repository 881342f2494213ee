namespace DaxEmu.Guards.Fuse;

/// <summary>A connection that is mounted.</summary>
/// <param name="Device">The connection.</param>
/// <param name="Gaps">What the way it was mounted takes away, as sentences.</param>
internal sealed record FuseMounted(FuseDevice Device, IReadOnlyList<string> Gaps);
