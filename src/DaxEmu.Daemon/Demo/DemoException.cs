namespace DaxEmu.Daemon.Demo;

/// <summary>A step of the demo cannot go on; the message says why.</summary>
/// <param name="message">A sentence.</param>
internal sealed class DemoException(string message) : Exception(message);
