namespace DaxEmu.Contract;

/// <summary>Who asks for a layout operation.</summary>
/// <param name="ProcessId">Process id in the daemon's pid namespace; 0 when it cannot be named there.</param>
/// <param name="UserId">User id that the operation runs with.</param>
/// <param name="Command">Name of the program, for messages only.</param>
public sealed record Requester(int ProcessId, uint UserId, string Command);
