using DaxEmu.Contract;

namespace DaxEmu.Daemon.Admin;

/// <summary>GET /v1/why: what the daemon knows of a file.</summary>
/// <param name="Path">The name asked for.</param>
/// <param name="Mount">The guarded volume it lies on; null when it lies on none, so that nobody asks the daemon before changing it.</param>
/// <param name="Known">True when the file is pinned or the journal has a decision about it.</param>
/// <param name="Answer">The answer; null when the file is not known.</param>
internal sealed record WhyReply(string Path, string? Mount, bool Known, WhyAnswer? Answer);
