namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>A file of a cell.</summary>
/// <param name="Real">Where it lies.</param>
/// <param name="Guarded">Where a program finds it that uses the guard's mount, where there is one.</param>
/// <param name="Named">What its caller names it.</param>
internal sealed record CoveredFile(string Real, string Guarded, string Named);
