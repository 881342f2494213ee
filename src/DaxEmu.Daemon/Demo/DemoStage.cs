using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Demo;

/// <summary>What the steps of the demo share. Disposing it leaves no process, mount or file.</summary>
/// <param name="policy">The daemon's default policy, or null for its own.</param>
/// <param name="narrator">Tells the reader.</param>
internal sealed class DemoStage(string? policy, DemoNarrator narrator) : IAsyncDisposable
{
    /// <summary>Bytes of each file: what is transferred.</summary>
    public const int FileLength = 64 << 20;

    private DaemonProcess? _daemon;
    private PeerProcess? _writer;
    private PeerProcess? _target;

    /// <summary>The directories.</summary>
    public DemoSandbox Sandbox { get; } = new();

    /// <summary>Tells the reader.</summary>
    public DemoNarrator Narrator => narrator;

    /// <summary>The file whose bytes are sent, as programs see it.</summary>
    public string SourceFile => Path.Combine(Sandbox.Mount, "source.dat");

    /// <summary>The file that is written into, as programs see it.</summary>
    public string TargetFile => Path.Combine(Sandbox.Mount, "target.dat");

    /// <summary>The daemon, once started.</summary>
    public DaemonProcess Daemon => _daemon ?? throw new DemoException("the daemon does not run");

    /// <summary>The client that writes, once started.</summary>
    public PeerProcess Writer => _writer ?? throw new DemoException("the writing client does not run");

    /// <summary>The client whose file is written into, once started.</summary>
    public PeerProcess Target => _target ?? throw new DemoException("the target client does not run");

    /// <summary>SHA-256 of the bytes sent.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>The last program that was refused.</summary>
    public ProgramRun? LastRefused { get; set; }

    /// <summary>Starts the daemon.</summary>
    public async Task StartDaemonAsync(CancellationToken cancellation)
    {
        string[] arguments = ["--config", Sandbox.Configuration, "--volume", $"{Sandbox.Backing}:{Sandbox.Mount}"];
        _daemon = await DaemonProcess.StartAsync(
            Environment.ProcessPath!, Sandbox.Runtime, policy is null ? arguments : [.. arguments, "--policy", policy], cancellation);
    }

    /// <summary>Starts the clients.</summary>
    public async Task StartPeersAsync(CancellationToken cancellation)
    {
        string socket = Hosting.RuntimeDirectory.DeviceSocketIn(Sandbox.Runtime);
        _writer = await PeerProcess.StartAsync(socket, SourceFile, cancellation);
        _target = await PeerProcess.StartAsync(socket, TargetFile, cancellation);
    }

    /// <summary>Runs an ordinary program and shows what it says.</summary>
    public async Task<ProgramRun> RunAsync(string[] commandLine, CancellationToken cancellation)
    {
        ProgramRun run = await ProgramRun.OfAsync(commandLine[0], commandLine[1..], cancellation);
        Narrator.Ran(run);
        return run;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable? process in (IAsyncDisposable?[])[_writer, _target, _daemon])
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        await Sandbox.DisposeAsync();
    }
}
