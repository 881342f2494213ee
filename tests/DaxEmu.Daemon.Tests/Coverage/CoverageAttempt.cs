namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>An operation that was tried on a file.</summary>
/// <param name="Errno">How it ended: 0, an errno, or <see cref="CallerProcess.Cannot"/>.</param>
/// <param name="HasMoved">Whether the file lies elsewhere than before.</param>
internal sealed record CoverageAttempt(int Errno, bool HasMoved);
