using System.Diagnostics;
using System.Security.Cryptography;
using DaxEmu.Client;

namespace DaxEmu.Daemon.Demo;

/// <summary>
/// A client process of the demo: an RDMA program as a user would write it. It maps a file and registers it, and then does what it is
/// told on standard input, one command a line, until that ends.
/// </summary>
internal sealed class Peer : IDisposable
{
    private const int Chunk = 1 << 20;

    private readonly RdmaDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly QueuePair _queuePair;
    private readonly MemoryRegion _file;

    /// <summary>Opens the device and registers a file.</summary>
    /// <param name="deviceSocket">The daemon's device socket.</param>
    /// <param name="file">The file to map and register.</param>
    public Peer(string deviceSocket, string file)
    {
        _device = RdmaDevice.Open(deviceSocket);
        _domain = _device.CreateProtectionDomain();
        _completions = _device.CreateCompletionQueue();
        _queuePair = _domain.CreateQueuePair(_completions);
        _file = _domain.RegisterFile(file);
    }

    /// <summary>What the other peer and the demo need to know of this one.</summary>
    public PeerReply Introduction() => new()
    {
        Address = _queuePair.Address.ToString(),
        Memory = _file.Remote.ToString(),
        IsSync = _file.IsSync,
    };

    /// <summary>Carries out a command.</summary>
    /// <param name="command"><c>connect ADDRESS</c>, <c>write MEMORY</c>, <c>read MEMORY</c> or <c>deregister</c>.</param>
    public async Task<PeerReply> RunAsync(string command)
    {
        string[] words = command.Split(' ');
        switch (words)
        {
            case ["connect", string address]:
                _queuePair.Connect(QueuePairAddress.Parse(address));
                return new PeerReply();
            case ["write", string memory]:
                return await TransferAsync(_file, RemoteMemory.Parse(memory), _queuePair.WriteAsync);
            case ["read", string memory]:
                using (MemoryRegion buffer = _domain.Allocate(_file.Length))
                {
                    PeerReply reply = await TransferAsync(buffer, RemoteMemory.Parse(memory), _queuePair.ReadAsync);
                    return reply with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(buffer.Span)) };
                }

            case ["deregister"]:
                _file.Dispose();
                return new PeerReply();
            default:
                throw new ArgumentException($"\"{command}\" is no command", nameof(command));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private static async Task<PeerReply> TransferAsync(
        MemoryRegion local, RemoteMemory remote, Func<ScatterGather, RemoteMemory, CancellationToken, ValueTask<WorkCompletion>> operation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        List<Task<WorkCompletion>> requests = new();
        for (long offset = 0; offset < local.Length; offset += Chunk)
        {
            uint length = (uint)Math.Min(Chunk, local.Length - offset);
            requests.Add(operation(local.Slice(offset, length), remote.Slice((ulong)offset, length), default).AsTask());
        }

        foreach (WorkCompletion completion in await Task.WhenAll(requests))
        {
            completion.EnsureSuccess();
        }

        return new PeerReply { Bytes = local.Length, Milliseconds = clock.Elapsed.TotalMilliseconds };
    }
}
