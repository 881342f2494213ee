using System.Globalization;
using DaxEmu.Client;

namespace DaxEmu.Daemon.Compare;

/// <summary>
/// Maps parts of a file and registers them. Commands: <c>register NAME OFFSET LENGTH</c>, in place of what has the name, with <c>durable</c>
/// behind it so that peers may flush it; <c>deregister NAME</c>; <c>grow LENGTH</c> (the file, when it is shorter); <c>link NAME</c> (a fresh
/// queue pair) and <c>connect NAME ADDRESS</c>.
/// </summary>
internal sealed class Holder : IActor
{
    private readonly RdmaDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly string _file;
    private readonly bool _letsGo;
    private readonly Dictionary<string, QueuePair> _links = [];
    private readonly Dictionary<string, MemoryRegion> _regions = [];

    /// <summary>Opens the device.</summary>
    /// <param name="deviceSocket">The daemon's device socket.</param>
    /// <param name="file">The file.</param>
    /// <param name="letsGo">Whether it gives the region back when it is asked to; otherwise it does not listen.</param>
    public Holder(string deviceSocket, string file, bool letsGo)
    {
        _device = RdmaDevice.Open(deviceSocket);
        _domain = _device.CreateProtectionDomain();
        _completions = _device.CreateCompletionQueue();
        _file = file;
        _letsGo = letsGo;
    }

    /// <inheritdoc/>
    public Task<ActorReply> RunAsync(string[] words)
    {
        switch (words)
        {
            case ["register", string name, string offset, string length, .. string[] how]:
                Deregister(name);
                return Task.FromResult(Register(name, Number(offset), Number(length), isDurable: how is ["durable"]));
            case ["deregister", string name]:
                Deregister(name);
                return Task.FromResult(new ActorReply());
            case ["grow", string length]:
                FileGrowth.EnsureLength(_file, Number(length));
                return Task.FromResult(new ActorReply());
            case ["link", string name]:
                if (_links.Remove(name, out QueuePair? old))
                {
                    old.Dispose();
                }

                _links[name] = _domain.CreateQueuePair(_completions);
                return Task.FromResult(new ActorReply { Address = _links[name].Address.ToString() });
            case ["connect", string name, string address]:
                _links[name].Connect(
                    QueuePairAddress.Parse(address), new ConnectionOptions { Access = AccessFlags.All | AccessFlags.FlushPersistent });
                return Task.FromResult(new ActorReply());
            default:
                throw new ArgumentException($"\"{string.Join(' ', words)}\" is no command", nameof(words));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private static async Task LetGoAsync(MemoryRegion region)
    {
        await region.LeaseBreak;
        region.Dispose();
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private ActorReply Register(string name, long offset, long length, bool isDurable)
    {
        try
        {
            AccessFlags access = isDurable ? AccessFlags.All | AccessFlags.FlushPersistent : AccessFlags.All;
            MemoryRegion region = _domain.RegisterFile(_file, offset, length, access);
            _regions[name] = region;
            if (_letsGo)
            {
                _ = LetGoAsync(region);
            }

            return new ActorReply { Memory = region.Remote.ToString() };
        }
        catch (RdmaException refusal)
        {
            return new ActorReply { Errno = refusal.Errno };
        }
    }

    private void Deregister(string name)
    {
        if (_regions.Remove(name, out MemoryRegion? region))
        {
            region.Dispose();
        }
    }
}
