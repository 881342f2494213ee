using System.Diagnostics;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux.Processes;

namespace DaxEmu.Daemon.Demo;

/// <summary>A <c>daxemu serve</c> of the demo's own, as a child process.</summary>
internal sealed class DaemonProcess : IAsyncDisposable
{
    private const int SIGTERM = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly Task<string> _log;

    private DaemonProcess(Process process, string runtimeDirectory)
    {
        _process = process;
        _log = process.StandardError.ReadToEndAsync();
        Admin = new AdminClient(new SocketsOptions(runtimeDirectory));
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>All that it logged; completes when it has ended.</summary>
    public Task<string> Log => _log;

    /// <summary>Asks it.</summary>
    public AdminClient Admin { get; }

    /// <summary>Starts one and waits until it serves.</summary>
    /// <param name="executable">The <c>daxemu</c> to run.</param>
    /// <param name="runtimeDirectory">Its runtime directory.</param>
    /// <param name="arguments">What <c>serve</c> gets besides that.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="temporary">Its TMPDIR, where the runtime leaves files when it is killed; null: this process's.</param>
    /// <exception cref="DemoException">It ended instead; the message has its log.</exception>
    public static async Task<DaemonProcess> StartAsync(
        string executable, string runtimeDirectory, IReadOnlyList<string> arguments, CancellationToken cancellation, string? temporary = null)
    {
        ProcessStartInfo start = new(executable, ["serve", "--socket", runtimeDirectory, .. arguments]) { RedirectStandardError = true };
        if (temporary is not null)
        {
            start.Environment["TMPDIR"] = temporary;
        }

        DaemonProcess daemon = new(Process.Start(start)!, runtimeDirectory);
        try
        {
            await daemon.WaitUntilServingAsync(cancellation);
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it as an init system would, with SIGTERM.</summary>
    /// <returns>Its exit status; null when it had to be killed.</returns>
    public async Task<int?> EndAsync()
    {
        using (PidDescriptor process = PidDescriptor.Open(Id))
        {
            process.Send(SIGTERM);
        }

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

    /// <summary>Kills it, so that it can clean up nothing.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await EndAsync();
        }

        Admin.Dispose();
        _process.Dispose();
    }

    private async Task WaitUntilServingAsync(CancellationToken cancellation)
    {
        Stopwatch waiting = Stopwatch.StartNew();
        while (true)
        {
            if (_process.HasExited)
            {
                throw new DemoException($"the daemon ended with status {_process.ExitCode}: {(await _log).Trim()}");
            }

            try
            {
                await Admin.StatusAsync(cancellation);
                return;
            }
            catch (DaemonUnreachableException) when (waiting.Elapsed < Patience)
            {
                await Task.Delay(20, cancellation);
            }
        }
    }
}
