namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>Who has the file open.</summary>
/// <param name="Openers">They, this process left out.</param>
/// <param name="Unreadable">How many processes could not be looked into.</param>
internal sealed record OpenerFacts(IReadOnlyList<Opener> Openers, int Unreadable);
