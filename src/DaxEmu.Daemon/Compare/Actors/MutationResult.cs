namespace DaxEmu.Daemon.Compare;

/// <summary>What came of a file operation.</summary>
/// <param name="Mutation">The operation.</param>
/// <param name="Errno">0, or what it failed with.</param>
/// <param name="Microseconds">What it took.</param>
internal sealed record MutationResult(Mutation Mutation, int Errno, double Microseconds);
