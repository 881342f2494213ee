using System.Collections.Concurrent;

namespace DaxEmu.Guards.Tests;

/// <summary>Keeps what a guard tells.</summary>
internal sealed class RecordedEvents : IGuardEvents
{
    internal ConcurrentQueue<string> Messages { get; } = new();

    internal ConcurrentQueue<string> Warnings { get; } = new();

    public void Information(string message) => Messages.Enqueue(message);

    public void Warning(string message, Exception? cause = null) => Warnings.Enqueue(cause is null ? message : $"{message}: {cause}");
}
