// One process writes a file, by RDMA, straight into another process's mapping of another file.
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using DaxEmu.Client;
using Microsoft.Win32.SafeHandles;

const string Usage = """
    usage: FileMirror receive FILE PORT
           FileMirror send FILE PORT

    Start one process with 'receive', then another with 'send'. FILE of the receiver is made, or overwritten, with the bytes of FILE
    of the sender. They tell each other their addresses over TCP, on PORT of this machine (0: any free one).
    The DaxEmu daemon is found through DAXEMU_SOCKET, or where it listens by default.
    Exit status: 0 if both files have the same SHA-256, 1 if not, 2 for a wrong command line.
    """;
const int Chunk = 1 << 20;
const int ChunksInFlight = 16;

if (args is not ["receive" or "send", string path, string text] || !int.TryParse(text, CultureInfo.InvariantCulture, out int port))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

try
{
    bool same = args[0] == "send" ? await SendAsync(path, port) : Receive(path, port);
    return same ? 0 : 1;
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SocketException)
{
    Console.Error.WriteLine($"FileMirror: {failure.Message}");
    return 1;
}

static async Task<bool> SendAsync(string path, int port)
{
    using Peer peer = Peer.Connect(port);
    using RdmaDevice device = RdmaDevice.Open();
    using ProtectionDomain domain = device.CreateProtectionDomain();
    using CompletionQueue completions = device.CreateCompletionQueue();
    using QueuePair queuePair = domain.CreateQueuePair(completions);
    using MemoryRegion source = domain.RegisterFile(path, access: AccessFlags.None);

    peer.Exchange(source.Length.ToString(CultureInfo.InvariantCulture));
    queuePair.Connect(QueuePairAddress.Parse(peer.Exchange(queuePair.Address.ToString())));
    RemoteMemory target = RemoteMemory.Parse(peer.Exchange(""));

    Queue<Task<WorkCompletion>> inFlight = new();
    for (long at = 0; at < source.Length; at += Chunk)
    {
        if (inFlight.Count == ChunksInFlight)
        {
            (await inFlight.Dequeue()).EnsureSuccess();
        }

        uint length = (uint)Math.Min(Chunk, source.Length - at);
        inFlight.Enqueue(queuePair.WriteAsync(source.Slice(at, length), target.Slice((ulong)at, length)).AsTask());
    }

    while (inFlight.TryDequeue(out Task<WorkCompletion>? last))
    {
        (await last).EnsureSuccess();
    }

    peer.Exchange("written");
    return Compare(path, peer);
}

static bool Receive(string path, int port)
{
    using Peer peer = Peer.Listen(port);
    long length = long.Parse(peer.Exchange(""), CultureInfo.InvariantCulture);

    // RDMA writes into a file but never makes it longer: give it its length, and its blocks, at once.
    using (SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, preallocationSize: length))
    {
        RandomAccess.SetLength(file, length);
    }

    using RdmaDevice device = RdmaDevice.Open();
    using ProtectionDomain domain = device.CreateProtectionDomain();
    using CompletionQueue completions = device.CreateCompletionQueue();
    using QueuePair queuePair = domain.CreateQueuePair(completions);
    using MemoryRegion target = domain.RegisterFile(path, access: AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
    Console.WriteLine(target.IsSync ? "mapped with MAP_SYNC" : "mapped through the page cache");

    // From here on this process only waits: the sender writes without it.
    queuePair.Connect(QueuePairAddress.Parse(peer.Exchange(queuePair.Address.ToString())));
    peer.Exchange(target.Remote.ToString());
    peer.Exchange("waiting");
    return Compare(path, peer);
}

// Each tells the other the hash that its file has when it is read in the ordinary way.
static bool Compare(string path, Peer peer)
{
    using FileStream file = File.OpenRead(path);
    string ours = Convert.ToHexStringLower(SHA256.HashData(file));
    string theirs = peer.Exchange(ours);
    Console.WriteLine($"{path}: {file.Length} bytes, SHA-256 {ours}");
    if (ours != theirs)
    {
        Console.Error.WriteLine($"FileMirror: the other file has SHA-256 {theirs}");
    }

    return ours == theirs;
}
