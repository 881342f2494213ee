namespace DaxEmu.Daemon.Configuration;

/// <summary>Section <c>Engine</c>: the threads that drain work queues.</summary>
/// <param name="Workers">Threads.</param>
/// <param name="SpinMicroseconds">How long an idle worker looks for work before it sleeps, in microseconds.</param>
internal sealed record EngineOptions(int Workers, int SpinMicroseconds);
