using DaxEmu.Daemon.Demo;
using DaxEmu.Daemon.Programs;
using DaxEmu.Daemon.Tests.Legacy;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>A real <c>daxemu</c>, as a child process of the test, with directories of its own.</summary>
internal sealed class TestDaemon : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private DaemonProcess? _process;
    private TestVolume? _volume;

    public TestDaemon()
    {
        _patience.CancelAfter(TimeSpan.FromMinutes(2));
        Runtime = Path.Combine(_directory.Path, "run");
        Backing = _directory.Make("backing");
        Mount = _directory.Make("mount");
        Configuration = _directory.Write("daxemu.json", "{}");
    }

    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "daxemu");

    public string Runtime { get; }

    public string Backing { get; }

    public string Mount { get; }

    public string Configuration { get; }

    /// <summary>Cancelled when a test takes so long that something must hang.</summary>
    public CancellationToken Patience => _patience.Token;

    public DaemonProcess Process => _process!;

    public async Task StartAsync(params string[] arguments)
    {
        _process = await DaemonProcess.StartAsync(
            Executable,
            Runtime,
            ["--config", Configuration, "--volume", $"{Backing}:{Mount}", .. arguments],
            Patience);
    }

    /// <summary>Gives the backing directory a filesystem of its own.</summary>
    public async Task MountBackingAsync(string filesystem) => _volume = await TestVolume.MountAsync(filesystem, Backing, Patience);

    public Task<ProgramRun> RunAsync(params string[] arguments) =>
        ProgramRun.OfAsync(Executable, arguments, Patience);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        await ProgramRun.OfAsync("umount", ["--lazy", "--quiet", Mount]);
        if (_volume is not null)
        {
            await _volume.DisposeAsync();
        }

        _patience.Dispose();
        _directory.Dispose();
    }
}
