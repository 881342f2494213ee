using DaxEmu.Contract;

namespace DaxEmu.Daemon.Composition;

/// <summary>A file that a path was found to mean.</summary>
/// <param name="Identity">The backing file.</param>
/// <param name="Path">Its name: where programs see it on its volume, when it lies on one.</param>
/// <param name="Mount">Where programs see the volume it lies on, or null.</param>
internal sealed record LocatedFile(FileIdentity Identity, string Path, string? Mount);
