namespace DaxEmu.Daemon.Admin;

/// <summary>The decisions kept.</summary>
/// <param name="Path">The journal's file.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Unwritten">How many of them the file has not, because it could not be written.</param>
internal sealed record JournalStatus(string Path, int Count, long Unwritten);
