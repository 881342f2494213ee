using System.Diagnostics;
using System.Text.Json;
using DaxEmu.Daemon.Commands;
using DaxEmu.Daemon.Demo;

namespace DaxEmu.Daemon.Tests;

/// <summary>A client process that has registered a file, and is there to be killed.</summary>
internal sealed class VictimProcess : IDisposable
{
    private readonly Process _process;

    private VictimProcess(Process process, PeerReply introduction)
    {
        _process = process;
        Introduction = introduction;
    }

    /// <summary>Its queue pair and its region.</summary>
    public PeerReply Introduction { get; }

    public int Id => _process.Id;

    public static async Task<VictimProcess> StartAsync(TestDaemon daemon, string file)
    {
        Process process = Process.Start(
            new ProcessStartInfo(TestDaemon.Executable, [DemoPeerCommand.Name, Path.Combine(daemon.Runtime, "device.sock"), file])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        VictimProcess victim = new(process, new PeerReply());
        try
        {
            return new VictimProcess(process, await victim.ReplyAsync(daemon.Patience));
        }
        catch
        {
            victim.Dispose();
            throw;
        }
    }

    /// <summary>Connects its queue pair to another.</summary>
    public async Task ConnectAsync(string address, CancellationToken patience)
    {
        await _process.StandardInput.WriteLineAsync($"connect {address}".AsMemory(), patience);
        await _process.StandardInput.FlushAsync(patience);
        await ReplyAsync(patience);
    }

    /// <summary>SIGKILL. Returns when the process is gone.</summary>
    public async Task KillAsync(CancellationToken patience)
    {
        _process.Kill();
        await _process.WaitForExitAsync(patience);
    }

    /// <summary>Returns when the process is gone, by somebody else's doing.</summary>
    public Task EndAsync(CancellationToken patience) => _process.WaitForExitAsync(patience);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task<PeerReply> ReplyAsync(CancellationToken patience)
    {
        string line = await _process.StandardOutput.ReadLineAsync(patience) ?? throw new InvalidOperationException("the victim ended early");
        PeerReply reply = JsonSerializer.Deserialize(line, DemoJson.OneLine.PeerReply)!;
        return reply.Problem is null ? reply : throw new InvalidOperationException(reply.Problem);
    }
}
