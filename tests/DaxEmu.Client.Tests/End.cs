namespace DaxEmu.Client.Tests;

/// <summary>One program's end of a connection: a device opened on its own, and one object of each kind.</summary>
internal sealed class End : IDisposable
{
    public End(InProcessDaemon daemon, QueuePairOptions? options = null, int completions = 256)
    {
        Device = daemon.Open();
        Domain = Device.CreateProtectionDomain();
        Completions = Device.CreateCompletionQueue(completions);
        QueuePair = Domain.CreateQueuePair(Completions, options);
    }

    public RdmaDevice Device { get; }

    public ProtectionDomain Domain { get; }

    public CompletionQueue Completions { get; }

    public QueuePair QueuePair { get; }

    /// <summary>Polls until there is a completion.</summary>
    public WorkCompletion Next()
    {
        WorkCompletion[] one = new WorkCompletion[1];
        while (Completions.Poll(one) == 0)
        {
            Thread.Yield();
        }

        return one[0];
    }

    public void Dispose() => Device.Dispose();
}
