namespace DaxEmu.Device;

/// <summary>A client's message is not framed as daxemu/device.h says: what follows cannot be trusted to be a message either.</summary>
/// <param name="message">What was wrong.</param>
internal sealed class MalformedMessageException(string message) : Exception(message);
