// Two processes send a message to and fro over a reliable connection, and one says how long a round trip takes.
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using DaxEmu.Client;

const string Usage = """
    usage: PingPong listen PORT [ROUNDS] [BYTES]
           PingPong connect PORT [ROUNDS] [BYTES]

    Start one process with 'listen', then another with 'connect' and the same numbers (10000 rounds of 64 bytes if you give none).
    They tell each other their addresses over TCP, on PORT of this machine (0: any free one).
    The DaxEmu daemon is found through DAXEMU_SOCKET, or where it listens by default.
    Exit status: 0 if every message arrived as it was sent, 1 if not, 2 for a wrong command line.
    """;

int[] numbers = [.. args.Skip(1).Select(a => int.TryParse(a, CultureInfo.InvariantCulture, out int n) ? n : -1)];
if (args is not ["listen" or "connect", ..] || numbers.Length is 0 or > 3 || numbers.Any(n => n < 0) || numbers.Skip(1).Contains(0))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

bool starts = args[0] == "connect";
int rounds = numbers.Length > 1 ? numbers[1] : 10_000;
int bytes = numbers.Length > 2 ? numbers[2] : 64;
try
{
    using Peer peer = starts ? Peer.Connect(numbers[0]) : Peer.Listen(numbers[0]);
    using RdmaDevice device = RdmaDevice.Open();
    using ProtectionDomain domain = device.CreateProtectionDomain();
    using CompletionQueue completions = device.CreateCompletionQueue();
    using QueuePair queuePair = domain.CreateQueuePair(completions);
    using MemoryRegion outgoing = domain.Allocate(bytes);
    using MemoryRegion incoming = domain.Allocate(bytes);

    queuePair.Connect(QueuePairAddress.Parse(peer.Exchange(queuePair.Address.ToString())));

    // A message needs a receive that waits for it: no one may send before the other has posted one.
    queuePair.PostReceive(0, incoming.Local);
    peer.Exchange("receive posted");

    double[] microseconds = new double[rounds];
    for (int round = 0; round < rounds; round++)
    {
        long start = Stopwatch.GetTimestamp();
        if (starts)
        {
            outgoing.Span.Fill((byte)round);
            queuePair.PostSend(0, outgoing.Local);
            Await(completions, CompletionOpcode.Receive);
            microseconds[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        else
        {
            Await(completions, CompletionOpcode.Receive);
        }

        if (incoming.Span.ContainsAnyExcept((byte)round))
        {
            throw new InvalidDataException($"round {round} brought other bytes than were sent");
        }

        queuePair.PostReceive(0, incoming.Local);
        if (!starts)
        {
            incoming.Span.CopyTo(outgoing.Span);
            queuePair.PostSend(0, outgoing.Local);
        }
    }

    peer.Exchange("done");
    Array.Sort(microseconds);
    Console.WriteLine(starts
        ? $"{rounds} round trips of {bytes} bytes: median {microseconds[rounds / 2]:f1} us, best {microseconds[0]:f1} us"
        : $"{rounds} round trips of {bytes} bytes: all arrived");
    return 0;
}
catch (Exception failure) when (failure is IOException or InvalidDataException or SocketException)
{
    Console.Error.WriteLine($"PingPong: {failure.Message}");
    return 1;
}

// Polls until a work request of the kind has ended; sends end here as well, on the way.
static void Await(CompletionQueue completions, CompletionOpcode kind)
{
    Span<WorkCompletion> one = stackalloc WorkCompletion[1];
    do
    {
        while (completions.Poll(one) == 0)
        {
            Thread.Yield();
        }
    }
    while (one[0].EnsureSuccess().Opcode != kind);
}
