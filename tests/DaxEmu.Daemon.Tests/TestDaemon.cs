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
    private readonly bool _isInPlace;
    private DaemonProcess? _process;
    private TestVolume? _volume;

    /// <summary>Makes its directories.</summary>
    /// <param name="isInPlace">It guards the files where they are, by fanotify; else on a FUSE mount.</param>
    public TestDaemon(bool isInPlace = false)
    {
        _isInPlace = isInPlace;
        _patience.CancelAfter(TimeSpan.FromMinutes(2));
        Runtime = Path.Combine(_directory.Path, "run");
        Backing = _directory.Make("backing");
        Mount = isInPlace ? Backing : _directory.Make("mount");
        Configuration = _directory.Write("daxemu.json", "{}");
    }

    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "daxemu");

    public string Runtime { get; }

    public string Backing { get; }

    /// <summary>Where programs see the files.</summary>
    public string Mount { get; }

    public string Configuration { get; }

    /// <summary>Cancelled when a test takes so long that something must hang.</summary>
    public CancellationToken Patience => _patience.Token;

    public DaemonProcess Process => _process!;

    public Task StartAsync(params string[] arguments) =>
        StartConfiguredAsync([.. _isInPlace ? ["--volume", Backing, "--guard", "fanotify"] : new[] { "--volume", $"{Backing}:{Mount}" }, .. arguments]);

    /// <summary>Starts it with the volumes of its configuration alone.</summary>
    public async Task StartConfiguredAsync(params string[] arguments)
    {
        _process = await DaemonProcess.StartAsync(Executable, Runtime, ["--config", Configuration, .. arguments], Patience);
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

        if (!_isInPlace)
        {
            await ProgramRun.OfAsync("umount", ["--lazy", "--quiet", Mount]);
        }

        if (_volume is not null)
        {
            await _volume.DisposeAsync();
        }

        _patience.Dispose();
        _directory.Dispose();
    }
}
