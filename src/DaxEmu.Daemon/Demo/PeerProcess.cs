using System.Diagnostics;
using System.Text.Json;
using DaxEmu.Daemon.Commands;

namespace DaxEmu.Daemon.Demo;

/// <summary>A client process, from the demo's side.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private PeerProcess(Process process, string file)
    {
        _process = process;
        File = file;
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>The file it registered.</summary>
    public string File { get; }

    /// <summary>What it said at the start.</summary>
    public PeerReply Introduction { get; private set; } = new();

    /// <summary>Starts one and waits until it has registered its file.</summary>
    /// <exception cref="DemoException">It could not.</exception>
    public static async Task<PeerProcess> StartAsync(string deviceSocket, string file, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [DemoPeerCommand.Name, deviceSocket, file])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        PeerProcess peer = new(Process.Start(start)!, file);
        try
        {
            peer.Introduction = await peer.ReplyAsync("start", cancellation);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives it a command and waits for the reply.</summary>
    /// <exception cref="DemoException">The command failed, or the process ended.</exception>
    public async Task<PeerReply> CommandAsync(string command, CancellationToken cancellation)
    {
        await _process.StandardInput.WriteLineAsync(command.AsMemory(), cancellation);
        await _process.StandardInput.FlushAsync(cancellation);
        return await ReplyAsync(command, cancellation);
    }

    /// <summary>True when a mapping of the process names its file (proc(5), /proc/PID/maps).</summary>
    public bool MapsItsFile() => System.IO.File.ReadLines($"/proc/{Id}/maps").Any(line => line.EndsWith(" " + File, StringComparison.Ordinal));

    /// <summary>Lets it end.</summary>
    /// <returns>Its exit status; null when it had to be killed.</returns>
    public async Task<int?> EndAsync()
    {
        _process.StandardInput.Close();
        using CancellationTokenSource patience = new(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await EndAsync();
        }

        _process.Dispose();
    }

    private async Task<PeerReply> ReplyAsync(string command, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            string line = await _process.StandardOutput.ReadLineAsync(patience.Token)
                ?? throw new DemoException($"client process {Id} ended without answering \"{command}\"");
            PeerReply reply = JsonSerializer.Deserialize(line, DemoJson.OneLine.PeerReply)!;
            return reply.Problem is null ? reply : throw new DemoException($"client process {Id}, {command}: {reply.Problem}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new DemoException($"client process {Id} did not answer \"{command}\" within {Patience.TotalSeconds} s");
        }
    }
}
