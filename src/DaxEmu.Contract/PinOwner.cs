namespace DaxEmu.Contract;

/// <summary>Who holds a pin: a process through one open device file.</summary>
/// <param name="ProcessId">Process id in the daemon's pid namespace; 0 when it cannot be named there.</param>
/// <param name="UserId">Effective user id of the process when it opened the device.</param>
/// <param name="DeviceFile">The open device file (session), unique for the daemon's lifetime.</param>
/// <param name="Command">Name of the program, for messages only.</param>
public sealed record PinOwner(int ProcessId, uint UserId, ulong DeviceFile, string Command);
