namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>Daemon and model differ.</summary>
internal sealed class SoakException(string message) : Exception(message);
