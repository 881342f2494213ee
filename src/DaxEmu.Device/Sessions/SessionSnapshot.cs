namespace DaxEmu.Device;

/// <summary>An open device file, as <c>daxemu status</c> shows it.</summary>
/// <param name="Id">Unique for the daemon's lifetime; <see cref="Contract.PinOwner.DeviceFile"/> of its pins.</param>
/// <param name="ProcessId">Who opened it; 0 when not visible in the daemon's pid namespace.</param>
/// <param name="UserId">Effective user id then.</param>
/// <param name="Command">Name of the program then.</param>
/// <param name="Since">When, UTC.</param>
/// <param name="Device">Name of the device.</param>
/// <param name="Objects">What was made through it and is still there.</param>
public sealed record SessionSnapshot(
    ulong Id, int ProcessId, uint UserId, string Command, DateTimeOffset Since, string Device, ObjectCounts Objects);
