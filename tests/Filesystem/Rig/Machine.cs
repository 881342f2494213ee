using System.Diagnostics;
using System.Security.Cryptography;
using DaxEmu.Client;
using Xunit;

[assembly: AssemblyFixture(typeof(DaxEmu.Filesystem.Rig.Machine))]

namespace DaxEmu.Filesystem.Rig;

/// <summary>
/// An ext4 in memory with a directory of its own, and two that a daemon guards: one passed through, one through the mount's page cache. In
/// each of these a file is pinned for as long as the suites run, under the policy deny.
/// </summary>
public sealed class Machine : IAsyncLifetime
{
    private const int PinnedBytes = 1 << 20;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    // Writing to a disk again and again would take most of the time, and is not what is tested.
    private readonly string _image = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"daxemu-filesystem-{Guid.NewGuid():N}");
    private readonly string _directory = Directory.CreateTempSubdirectory("daxemu-filesystem-").FullName;
    private readonly List<IDisposable> _pinned = [];
    private Process? _daemon;
    private Task<string>? _log;

    /// <summary>Makes nothing yet.</summary>
    public Machine() => Outcomes = new(this);

    /// <summary>A directory for what is built outside of the mounts.</summary>
    public string Work => Path.Combine(_directory, "work");

    /// <summary>What the suites give here.</summary>
    internal Outcomes Outcomes { get; }

    /// <summary>Where this kind of directory is.</summary>
    internal string PathOf(Place place) => place switch
    {
        Place.Passthrough => Path.Combine(_directory, "passthrough"),
        Place.PageCache => Path.Combine(_directory, "page-cache"),
        _ => Path.Combine(_directory, "disk", "bare"),
    };

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        File.SetUnixFileMode(_directory, (UnixFileMode)0x1ed);
        try
        {
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IDisposable one in Enumerable.Reverse(_pinned))
        {
            one.Dispose();
        }

        if (_daemon is not null)
        {
            await Script.RunAsync($"kill -TERM {_daemon.Id}", "/");
            using CancellationTokenSource patience = new(StartPatience);
            try
            {
                await _daemon.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _daemon.Kill();
            }

            _daemon.Dispose();
        }

        await Script.RunAsync(
            $"""
            umount -l {_directory}/passthrough || true; umount -l {_directory}/page-cache || true; umount {_directory}/disk || umount -l {_directory}/disk || true
            rm -rf {_directory} {_image}
            """, "/");
    }

    /// <summary>Whether the pinned file is as it was, and still refuses to be cut.</summary>
    internal async Task<bool> IsPinnedFileUntouchedAsync(Place place)
    {
        string file = PinnedFile(place);
        Script cut = await Script.RunAsync($"truncate -s 0 {file}", "/");
        return cut.ExitStatus == 1
            && cut.Text.Contains("Text file busy", StringComparison.Ordinal)
            && SHA256.HashData(await File.ReadAllBytesAsync(file)).SequenceEqual(SHA256.HashData(Content));
    }

    private static byte[] Content { get; } = [.. Enumerable.Range(0, PinnedBytes).Select(i => (byte)((i * 7) + (i / 251)))];

    private string PinnedFile(Place place) => Path.Combine(PathOf(place), "pinned");

    private async Task StartAsync()
    {
        (await Script.RunAsync(
            $"""
            mkdir {_directory}/disk {_directory}/passthrough {_directory}/page-cache {_directory}/work
            truncate -s 2G {_image}; mkfs.ext4 -q -F {_image}; mount -o loop {_image} {_directory}/disk
            mkdir {_directory}/disk/bare {_directory}/disk/first {_directory}/disk/second
            """, "/")).Succeeded();
        string configuration = Path.Combine(_directory, "daxemu.json");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            {
              "Sockets": { "Directory": "{{_directory}}/run" },
              "Volumes": [
                { "Backing": "{{_directory}}/disk/first", "Mount": "{{PathOf(Place.Passthrough)}}", "Policy": "deny" },
                { "Backing": "{{_directory}}/disk/second", "Mount": "{{PathOf(Place.PageCache)}}", "Policy": "deny", "Passthrough": "off" }
              ]
            }
            """);
        _daemon = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "daxemu"), ["serve", "--config", configuration])
        {
            RedirectStandardError = true,
        })!;
        _log = _daemon.StandardError.ReadToEndAsync();
        string socket = Path.Combine(_directory, "run", "device.sock");
        Stopwatch waiting = Stopwatch.StartNew();
        while (!File.Exists(socket))
        {
            Assert.True(!_daemon.HasExited, _daemon.HasExited ? await _log : "");
            Assert.True(waiting.Elapsed < StartPatience, "the daemon does not serve");
            await Task.Delay(20);
        }

        RdmaDevice device = RdmaDevice.Open(socket);
        _pinned.Add(device);
        ProtectionDomain domain = device.CreateProtectionDomain();
        _pinned.Add(domain);
        foreach (Place place in (Place[])[Place.Passthrough, Place.PageCache])
        {
            await File.WriteAllBytesAsync(PinnedFile(place), Content);
            _pinned.Add(domain.RegisterFile(PinnedFile(place)));
        }
    }
}
