namespace DaxEmu.Daemon.Configuration;

/// <summary>Section <c>Journal</c>: the contract's latest decisions, for <c>daxemu why</c> and <c>daxemu events</c>.</summary>
/// <param name="Capacity">Events kept; the oldest is dropped first.</param>
/// <param name="Path">The file, absolute; null: <c>journal.db</c> in the runtime directory.</param>
internal sealed record JournalOptions(int Capacity, string? Path);
