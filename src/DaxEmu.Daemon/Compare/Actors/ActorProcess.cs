using System.Diagnostics;
using System.Text.Json;
using DaxEmu.Daemon.Commands;

namespace DaxEmu.Daemon.Compare;

/// <summary>A process of the experiment, from the experiment's side: one command at a time.</summary>
internal sealed class ActorProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ActorRole _role;
    private readonly string _name;

    private ActorProcess(Process process, ActorRole role)
    {
        _process = process;
        _role = role;
        _name = $"process {process.Id} ({role})";
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="stage">The daemon's.</param>
    /// <param name="role">What it does.</param>
    /// <param name="arguments">What the command gets besides that: see <see cref="CompareActorCommand"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<ActorProcess> StartAsync(
        Stage stage, ActorRole role, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(stage.Executable, [CompareActorCommand.Name, role.ToString(), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TMPDIR"] = stage.Temporary;
        ActorProcess actor = new(Process.Start(start)!, role);
        try
        {
            await actor.ReplyAsync("start", cancellation);
            return actor;
        }
        catch
        {
            await actor.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives it a command and waits for the reply.</summary>
    /// <exception cref="ActorEndedException">The process is gone.</exception>
    /// <exception cref="ExperimentException">The command failed.</exception>
    public async Task<ActorReply> CommandAsync(string command, CancellationToken cancellation)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(command.AsMemory(), cancellation);
            await _process.StandardInput.FlushAsync(cancellation);
        }
        catch (IOException)
        {
            throw new ActorEndedException(_role, $"{_name} was gone before \"{command}\"");
        }

        return await ReplyAsync(command, cancellation);
    }

    /// <summary>Waits until it is gone, by somebody else's doing.</summary>
    /// <returns>Its exit status, 128 and the signal's number when a signal ended it; null when it lives on.</returns>
    public async Task<int?> EndedAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Nothing that it holds outlives it, and one that waits in a system call would not read that its input ended.
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private async Task<ActorReply> ReplyAsync(string command, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            string line = await _process.StandardOutput.ReadLineAsync(patience.Token)
                ?? throw new ActorEndedException(_role, $"{_name} ended without answering \"{command}\"");
            ActorReply reply = JsonSerializer.Deserialize(line, ActorJson.Default.ActorReply)!;
            return reply.Problem is null ? reply : throw new ExperimentException($"{_name}, {command}: {reply.Problem}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ExperimentException($"{_name} did not answer \"{command}\" within {Patience.TotalSeconds} s");
        }
    }
}
