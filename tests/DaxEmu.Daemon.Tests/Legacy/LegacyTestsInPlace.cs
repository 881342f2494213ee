namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>The policy legacy on the real files, which fanotify guards.</summary>
public sealed class LegacyTestsInPlace() : LegacyScenes(isInPlace: true);
