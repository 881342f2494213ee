using DaxEmu.Contract;

namespace DaxEmu.Daemon.Composition;

/// <summary>A file that a path was found to mean.</summary>
/// <param name="Identity">The backing file.</param>
/// <param name="Path">Its name: on the guarded mount where it lies on one.</param>
/// <param name="Mount">The mount of the guarded volume it lies on, or null.</param>
internal sealed record LocatedFile(FileIdentity Identity, string Path, string? Mount);
