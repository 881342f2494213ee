namespace DaxEmu.Contract.Tests;

/// <summary>
/// Threads that pin, unpin, request and end operations on a few small files as fast as they can, and a checker that sees every
/// moment in which a granted pin and a proceeding operation on the same byte are alive together.
/// </summary>
/// <remarks>
/// The checker has a counter per byte: pins alive in the low half, operations alive in the high half. A thread counts itself in after it
/// got its answer and out before it gives it back, so the counters never claim more life than there is; and whichever of two
/// offenders counts itself in last sees the other in the value that its own interlocked addition returns.
/// </remarks>
/// <param name="contract">What is tried.</param>
/// <param name="revocations">Which pins may no longer be used; null when the policy takes none away.</param>
internal sealed class Litmus(IFileContract contract, LitmusRevocations? revocations = null)
{
    private const int Files = 2;
    private const int FileSize = 16;
    private const long OnePin = 1;
    private const long OneOperation = 1L << 32;

    private readonly long[] _alive = new long[Files * FileSize];
    private long _violations;
    private long _granted;
    private long _waited;
    private long _proceeded;
    private long _refused;

    internal long Violations => Volatile.Read(ref _violations);

    /// <summary>
    /// True when so many pins and operations went ahead, and both sides met the other often: pins waited, operations were refused.
    /// </summary>
    internal bool IsConclusive(long rounds) =>
        Volatile.Read(ref _granted) + Volatile.Read(ref _proceeded) >= rounds
        && Volatile.Read(ref _waited) >= rounds / 1000
        && Volatile.Read(ref _refused) >= rounds / 1000;

    /// <summary>Runs until told to stop, or until every thread has made its rounds.</summary>
    internal void Run(int threads, int rounds, Func<Litmus, bool> stop)
    {
        Thread[] all =
        [
            .. Enumerable.Range(0, threads).Select(seed => new Thread(() =>
            {
                Random random = new(seed);
                for (int round = 0; round < rounds && !stop(this); round++)
                {
                    PlayRound(random);
                }
            })),
        ];
        Array.ForEach(all, t => t.Start());
        Array.ForEach(all, t => t.Join());
    }

    private void PlayRound(Random random)
    {
        int file = random.Next(Files);
        int start = random.Next(FileSize);
        int end = random.Next(start + 1, FileSize + 1);
        if (random.Next(2) == 0)
        {
            PlayPin(file, start, end, random);
        }
        else
        {
            PlayOperation(file, start, end, random);
        }
    }

    private void PlayPin(int file, int start, int end, Random random)
    {
        Task<PinDecision> asked = contract
            .PinAsync(
                World.Wish((ulong)start, (ulong)end, file: Identity(file)), static () => new(FileSize, true), CancellationToken.None)
            .AsTask();
        Interlocked.Add(ref _waited, asked.IsCompleted ? 0 : 1);
        Pin pin = asked.GetAwaiter().GetResult().Pin!;
        Interlocked.Increment(ref _granted);
        if (revocations is null)
        {
            Live(file, start, end, OnePin, random);
        }
        else
        {
            revocations.Use(pin, () => Live(file, start, end, OnePin, random));
        }

        contract.Unpin(pin);
        revocations?.Forget(pin);
    }

    private void PlayOperation(int file, int start, int end, Random random)
    {
        LayoutOperation operation = World.Operation(
            LayoutOperationKind.PunchHole, new((ulong)start, (ulong)end), Identity(file));
        using LayoutDecision decision = contract.RequestAsync(operation, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        if (decision.Verdict == LayoutVerdict.Proceed)
        {
            Interlocked.Increment(ref _proceeded);
            Live(file, start, end, OneOperation, random);
        }
        else
        {
            Interlocked.Increment(ref _refused);
        }
    }

    private void Live(int file, int start, int end, long one, Random random)
    {
        Span<long> bytes = _alive.AsSpan((file * FileSize) + start, end - start);
        foreach (ref long alive in bytes)
        {
            long now = Interlocked.Add(ref alive, one);
            if ((uint)now > 0 && now >> 32 > 0)
            {
                Interlocked.Increment(ref _violations);
            }
        }

        // Now and then, let the others run into this one.
        if (random.Next(4) == 0)
        {
            Thread.Yield();
        }

        foreach (ref long alive in bytes)
        {
            Interlocked.Add(ref alive, -one);
        }
    }

    private static FileIdentity Identity(int file) => new(8, (ulong)file);
}
