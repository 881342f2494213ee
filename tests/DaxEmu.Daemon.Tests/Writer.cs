using DaxEmu.Client;

namespace DaxEmu.Daemon.Tests;

/// <summary>A client that RDMA-writes into another's region until it is told that it failed.</summary>
internal sealed class Writer : IDisposable
{
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly MemoryRegion _buffer;
    private readonly TaskCompletionSource _firstWrite = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Writer(RdmaDevice device, int length, byte fill = 0)
    {
        _domain = device.CreateProtectionDomain();
        _completions = device.CreateCompletionQueue(16);
        _buffer = _domain.Allocate(length);
        _buffer.Span.Fill(fill);
        QueuePair = _domain.CreateQueuePair(_completions);
    }

    public QueuePair QueuePair { get; }

    /// <summary>Completes with the first write: from then on the transfer is under way.</summary>
    public Task FirstWrite => _firstWrite.Task;

    public async Task ConnectAsync(VictimProcess peer, CancellationToken patience)
    {
        QueuePair.Connect(QueuePairAddress.Parse(peer.Introduction.Address!));
        await peer.ConnectAsync(QueuePair.Address.ToString(), patience);
    }

    /// <summary>Writes the whole buffer over and over.</summary>
    /// <returns>The status of the first completion that is not a success.</returns>
    public async Task<CompletionStatus> WriteUntilItFailsAsync(RemoteMemory target, CancellationToken patience)
    {
        while (true)
        {
            WorkCompletion completion = await QueuePair.WriteAsync(_buffer.Local, target, patience);
            if (!completion.IsSuccess)
            {
                return completion.Status;
            }

            _firstWrite.TrySetResult();
        }
    }

    public void Dispose()
    {
        QueuePair.Dispose();
        _buffer.Dispose();
        _completions.Dispose();
        _domain.Dispose();
    }
}
