using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Composition;

/// <summary>A file that a path was found to mean.</summary>
/// <param name="Identity">The backing file.</param>
/// <param name="BackingPath">Its name on the backing filesystem.</param>
/// <param name="Volume">The guarded volume it lies on, or null.</param>
internal sealed record LocatedFile(FileIdentity Identity, string BackingPath, VolumeOptions? Volume);
