using DaxEmu.Client;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Daemon.Compare;

/// <summary>
/// Maps a part of a file and registers it. Commands: <c>register</c> (anew), <c>register durable</c> (so that peers may flush it), <c>link N</c> (a fresh queue pair), <c>connect N ADDRESS</c>.
/// </summary>
internal sealed class Holder : IActor
{
    private const int Attempts = 100;

    private readonly RdmaDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly string _file;
    private readonly bool _letsGo;
    private readonly Dictionary<string, QueuePair> _links = [];
    private MemoryRegion? _region;

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
            case ["register", .. string[] how]:
                _region?.Dispose();
                _region = Register(how is ["durable"] ? AccessFlags.All | AccessFlags.FlushPersistent : AccessFlags.All);
                if (_letsGo)
                {
                    _ = LetGoAsync(_region);
                }

                return Task.FromResult(new ActorReply { Memory = _region.Remote.ToString() });
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

    // A program that finds its file cut makes room again. Somebody may cut it once more before it is registered.
    private MemoryRegion Register(AccessFlags access)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Grow();
                return _domain.RegisterFile(_file, Workload.RegionStart, Workload.RegionLength, access);
            }
            catch (RdmaException refusal) when (refusal.Errno == EFAULT && attempt < Attempts)
            {
            }
        }
    }

    private void Grow()
    {
        using SafeFileHandle file = File.OpenHandle(_file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.GetLength(file) < Workload.FileLength)
        {
            int grown = FileContents.SetSizeThrough(file, Workload.FileLength);
            if (grown < 0)
            {
                throw new LinuxException($"ftruncate(\"{_file}\", {Workload.FileLength})", -grown);
            }
        }
    }
}
