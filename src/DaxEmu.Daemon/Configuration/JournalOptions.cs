namespace DaxEmu.Daemon.Configuration;

/// <summary>Section <c>Journal</c>: the contract's latest decisions, kept in memory for <c>daxemu why</c>.</summary>
/// <param name="Capacity">Events kept; the oldest is dropped first.</param>
internal sealed record JournalOptions(int Capacity);
