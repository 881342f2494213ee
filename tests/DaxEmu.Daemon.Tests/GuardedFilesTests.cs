using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using DaxEmu.Device;
using DaxEmu.Linux.Files;
using DaxEmu.Nic;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Daemon.Tests;

/// <summary>Files of a guarded volume as the daemon finds them: by a client's descriptor, and by a name that a user gives.</summary>
public sealed class GuardedFilesTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SocketsOptions _sockets;
    private readonly string _mount;
    private RuntimeDirectory? _runtime;
    private WebApplication? _host;

    public GuardedFilesTests()
    {
        _sockets = new SocketsOptions(Path.Combine(_directory.Path, "run"));
        _mount = _directory.Make("mount");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IMemoryResolver Memory => _host!.Services.GetRequiredService<IMemoryResolver>();

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("mounting needs root (CAP_SYS_ADMIN)");
        }

        _runtime = RuntimeDirectory.Claim(_sockets);
        DaxEmuOptions options = OptionsReader.Read(ConfigurationSources.Load(
            _directory.Write("daxemu.json", "{}"),
            new CommandLineSettings { Socket = _sockets.Directory, Volumes = [$"{_directory.Make("backing")}:{_mount}"] }));
        _host = DaemonHost.Build(options, _runtime);
        await _host.StartAsync(Cancellation);
        File.WriteAllText(Path.Combine(_mount, "f"), "contents");
    }

    /// <summary>open(2): O_PATH asks for no permission on the file itself, so it must not become a way to read it.</summary>
    [Fact]
    public void A_descriptor_that_only_names_a_file_lends_no_right_to_read_it()
    {
        Assert.Equal(0, FileContents.Open(Path.Combine(_mount, "f"), O_PATH, out SafeFileHandle? named));
        using (named)
        {
            NicResult<ResolvedMemory> memory = Memory.Resolve(named!, default, default);

            Assert.False(memory.IsOk);
            Assert.Equal(EACCES, memory.Error.Errno);
        }
    }

    [Theory]
    [InlineData("mount/f")]
    [InlineData("backing/f")]
    [InlineData("link/f")]
    [InlineData("mount/same")]
    public async Task A_file_is_found_by_each_of_its_names(string name)
    {
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "link"), _mount);
        File.CreateSymbolicLink(Path.Combine(_mount, "same"), Path.Combine(_mount, "f"));
        using SafeFileHandle opened = File.OpenHandle(Path.Combine(_mount, "f"), FileMode.Open, FileAccess.ReadWrite);
        ResolvedMemory memory = Memory.Resolve(opened, default, default).Value!;
        using IDisposable? kept = memory.Keep;
        IFileContract contract = _host!.Services.GetRequiredService<IFileContract>();
        PinDecision pinned = await contract.PinAsync(Wish(memory, PinAccess.Write), memory.ReadFacts, Cancellation);
        using AdminClient client = new(_sockets);

        Assert.Equal([pinned.Pin!], await client.PinsAsync(Path.Combine(_directory.Path, name), Cancellation));
        Assert.Equal(_mount, (await client.WhyAsync(Path.Combine(_directory.Path, name), Cancellation)).Mount);
        contract.Unpin(pinned.Pin!);
    }

    [Theory]
    [InlineData(FileAccess.Read, 0)]
    [InlineData(FileAccess.ReadWrite, ETXTBSY)]
    public async Task Who_may_only_read_a_file_keeps_nobody_from_truncating_it(FileAccess access, int errno)
    {
        using SafeFileHandle opened = File.OpenHandle(Path.Combine(_mount, "f"), FileMode.Open, access);
        using ResolvedMemory memory = Memory.Resolve(opened, default, default).Value!;
        IFileContract contract = _host!.Services.GetRequiredService<IFileContract>();
        PinDecision pinned = await contract.PinAsync(Wish(memory, PinAccess.Read), memory.ReadFacts, Cancellation);

        int truncated = FileContents.Open(Path.Combine(_mount, "f"), O_WRONLY | O_TRUNC, out SafeFileHandle? cut);
        cut?.Dispose();

        Assert.True(pinned.IsGranted);
        Assert.Equal(-errno, truncated);
        contract.Unpin(pinned.Pin!);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync(CancellationToken.None);
            await _host.DisposeAsync();
        }

        _runtime?.Dispose();
        _directory.Dispose();
    }

    private static PinRequest Wish(ResolvedMemory memory, PinAccess access) => new(
        memory.Identity!.Value, memory.Path, new(0, 8), access, PinKind.LongTerm, PinMapping.PageCache, new(1, 0, 1, "test"), "rkey 1");
}
