using System.Diagnostics;
using DaxEmu.Client;
using DaxEmu.Linux;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Daemon.Compare;

/// <summary>
/// One file and those who are about it, each a process: who has it registered, who writes into it by RDMA, and who changes it by
/// system calls. Every other holder gives its region back when it is asked to.
/// </summary>
internal sealed partial class Lane : IAsyncDisposable
{
    private const int SigKilled = 128 + 9;
    private const int BatchesToARefresh = 16;
    private const int Attempts = 20;
    private const int RegisterAttempts = 100;

    private readonly Stage _stage;
    private readonly int _number;
    private readonly ulong _seed;
    private readonly Eye _eye;
    private readonly WriterPlan _plan;
    private ActorProcess? _holder;
    private ActorProcess? _writer;
    private ActorProcess? _mutator;
    private RemoteMemory _region;
    private byte[]? _expected;
    private int _batches;

    private Lane(Stage stage, int number, ulong seed)
    {
        _stage = stage;
        _number = number;
        _seed = seed;
        File = Path.Combine(stage.Mount, $"lane{number}");
        _eye = new Eye(stage.DeviceSocket, File);
        _plan = new WriterPlan(seed, number);
    }

    /// <summary>The file, through the mount.</summary>
    public string File { get; }

    /// <summary>What was counted.</summary>
    public LaneTally Tally { get; } = new();

    /// <summary>Looks at file and region.</summary>
    public Eye Eye => _eye;

    /// <summary>The region as it is now.</summary>
    public RemoteMemory Region => _region;

    /// <summary>Whether the holder of a lane gives its region back when it is asked to.</summary>
    public static bool HolderLetsGo(int number) => number % 2 == 1;

    /// <summary>Makes the file and starts the processes.</summary>
    /// <param name="stage">Where.</param>
    /// <param name="number">Which; from 0.</param>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<Lane> StartAsync(Stage stage, int number, ulong seed, CancellationToken cancellation)
    {
        Lane lane = new(stage, number, seed);
        try
        {
            byte[] content = new byte[Workload.FileLength];
            content.AsSpan().Fill(0x5a);
            await System.IO.File.WriteAllBytesAsync(lane.File, content, cancellation);
            lane._holder = await lane.StartActorAsync(ActorRole.Hold, cancellation);
            lane._writer = await lane.StartActorAsync(ActorRole.Write, cancellation);
            lane._mutator = await lane.StartActorAsync(ActorRole.Mutate, cancellation);
            await lane.RegisterAsync(cancellation);
            await lane.LinkAsync(cancellation);
            return lane;
        }
        catch
        {
            await lane.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writer and mutator work at the same time, until the mutator has done its share.</summary>
    public async Task RunRoundAsync(CancellationToken cancellation)
    {
        Task<ActorReply> mutating = _mutator!.CommandAsync($"mutate {Workload.MutationsPerRound}", cancellation);
        do
        {
            if (!await WriteBatchAsync(cancellation))
            {
                await RecoverAsync(cancellation);
            }
            else if (HolderLetsGo(_number) && ++_batches % BatchesToARefresh == 0)
            {
                await RefreshAsync(cancellation);
            }
        }
        while (!mutating.IsCompleted);

        Tally.Mutations.AddRange((await mutating).Mutations);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (ActorProcess? actor in (ActorProcess?[])[_writer, _mutator, _holder])
        {
            if (actor is not null)
            {
                await actor.DisposeAsync();
            }
        }

        _eye.Dispose();
    }

    private async Task<bool> WriteBatchAsync(CancellationToken cancellation)
    {
        ActorReply reply = await _writer!.CommandAsync($"write {_region} {Workload.WritesPerBatch}", cancellation);
        for (int i = 0; i < reply.Succeeded + reply.Failed; i++)
        {
            PlannedWrite write = _plan.Next();
            if (i < reply.Succeeded)
            {
                Tally.Bytes += write.Length;
                _expected?.AsSpan(write.Offset, write.Length).Fill(write.Fill);
            }
        }

        Tally.Writes += reply.Succeeded;
        Tally.FailedRequests += reply.Failed;
        Tally.WriteMicroseconds.AddRange(reply.Microseconds);
        if (reply.Status is { } status)
        {
            Tally.Failures[status] = Tally.Failures.GetValueOrDefault(status) + 1;
        }

        return reply.Failed == 0;
    }

    // As programs do that register what they need at the moment.
    private async Task RefreshAsync(CancellationToken cancellation)
    {
        try
        {
            await RegisterAsync(cancellation);
        }
        catch (ActorEndedException e) when (e.Role == ActorRole.Hold)
        {
            await RecoverAsync(cancellation);
        }
    }

    // What a program does whose work requests fail: it looks after the holder, registers anew and connects again.
    private async Task RecoverAsync(CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        _expected = null;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await RegisterAsync(cancellation);
                await LinkAsync(cancellation);
                break;
            }
            catch (ActorEndedException e) when (e.Role == ActorRole.Hold && attempt < Attempts)
            {
                await ReplaceHolderAsync(cancellation);
            }
        }

        Tally.Recoveries++;
        Tally.RecoverySeconds += clock.Elapsed.TotalSeconds;
    }

    private async Task ReplaceHolderAsync(CancellationToken cancellation)
    {
        int? status = await _holder!.EndedAsync(cancellation);
        if (status == SigKilled)
        {
            Tally.Killed++;
        }
        else
        {
            Tally.Unmet.Add($"the holder of lane {_number} ended with status {status} by itself");
        }

        await _holder.DisposeAsync();
        _holder = await StartActorAsync(ActorRole.Hold, cancellation);
    }

    // A program that finds its file cut makes room again. Somebody may cut it once more before it is registered.
    private async Task RegisterAsync(CancellationToken cancellation, string how = "")
    {
        for (int attempt = 1; ; attempt++)
        {
            await _holder!.CommandAsync($"grow {Workload.FileLength}", cancellation);
            ActorReply reply = await _holder.CommandAsync(
                $"register lane {Workload.RegionStart} {Workload.RegionLength}{how}", cancellation);
            if (reply.Errno == 0)
            {
                _region = RemoteMemory.Parse(reply.Memory!);
                return;
            }

            if (reply.Errno != EFAULT || attempt == RegisterAttempts)
            {
                throw new ExperimentException($"the region of lane {_number} is refused: {ErrnoName.Describe(reply.Errno)}");
            }
        }
    }

    private async Task LinkAsync(CancellationToken cancellation)
    {
        ActorReply mine = await _writer!.CommandAsync("link", cancellation);
        ActorReply theirs = await _holder!.CommandAsync("link writer", cancellation);
        await _writer.CommandAsync($"connect {theirs.Address}", cancellation);
        await _holder.CommandAsync($"connect writer {mine.Address}", cancellation);
        await LinkEyeAsync(cancellation);
    }

    private async Task LinkEyeAsync(CancellationToken cancellation)
    {
        string mine = _eye.Relink();
        ActorReply theirs = await _holder!.CommandAsync("link eye", cancellation);
        _eye.Connect(QueuePairAddress.Parse(theirs.Address!));
        await _holder.CommandAsync($"connect eye {mine}", cancellation);
    }

    private Task<ActorProcess> StartActorAsync(ActorRole role, CancellationToken cancellation) => ActorProcess.StartAsync(
        _stage, role, [_stage.DeviceSocket, File, $"{_seed}", $"{_number}"], cancellation);
}
