using DaxEmu.Abi;
using DaxEmu.Client;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>What happens to the living, and to the daemon, when a client dies or a file loses its pages in mid-transfer.</summary>
public sealed class UnderTrafficTests : IAsyncLifetime
{
    private const int FileLength = 64 << 20;
    private const int Clients = 1000;
    private const int Deaths = 24;

    private readonly TestDaemon _daemon = new();

    public async ValueTask InitializeAsync() => await _daemon.StartAsync();

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();

    [Fact]
    public async Task A_client_killed_in_mid_transfer_loses_its_pins_and_its_peer_gets_errors()
    {
        using VictimProcess victim = await VictimProcess.StartAsync(_daemon, MakeFile("victim.dat"));
        using RdmaDevice device = OpenDevice();
        using Writer writer = new(device, FileLength);
        await writer.ConnectAsync(victim, _daemon.Patience);
        Task<CompletionStatus> broken = writer.WriteUntilItFailsAsync(RemoteMemory.Parse(victim.Introduction.Memory!), _daemon.Patience);
        await writer.FirstWrite;

        await victim.KillAsync(_daemon.Patience);

        Assert.NotEqual(CompletionStatus.Success, await broken.WaitAsync(_daemon.Patience));
        Assert.Equal(QueuePairState.Error, writer.QueuePair.QueryState());
        await UntilAsync(async () => (await _daemon.Process.Admin.PinsAsync(null, _daemon.Patience)).Count == 0);
        Assert.Equal(0, (await _daemon.RunAsync("status", "--socket", _daemon.Runtime, "--config", _daemon.Configuration)).ExitStatus);
    }

    [Fact]
    public async Task A_truncate_behind_the_guard_in_mid_transfer_is_a_failed_completion_and_a_breach()
    {
        string file = MakeFile("cut.dat");
        using VictimProcess holder = await VictimProcess.StartAsync(_daemon, file);
        using RdmaDevice device = OpenDevice();
        using Writer writer = new(device, FileLength);
        await writer.ConnectAsync(holder, _daemon.Patience);
        RemoteMemory target = RemoteMemory.Parse(holder.Introduction.Memory!);
        Task<CompletionStatus> broken = writer.WriteUntilItFailsAsync(target, _daemon.Patience);
        await writer.FirstWrite;

        using (FileStream backing = new(Path.Combine(_daemon.Backing, "cut.dat"), FileMode.Open, FileAccess.Write))
        {
            backing.SetLength(4096);
        }

        Assert.Equal(CompletionStatus.RemoteAccessError, await broken.WaitAsync(_daemon.Patience));
        await UntilAsync(async () => (await _daemon.Process.Admin.WhyAsync(file, _daemon.Patience)).Answer?.Breaches.Count > 0);
        using RdmaDevice another = OpenDevice();
        Assert.Equal("rxe0", another.Name);
    }

    [Fact]
    public async Task A_thousand_clients_and_two_dozen_killed_ones_leave_nothing_behind_in_the_daemon()
    {
        string file = MakeFile("often.dat");
        await ComeAndGoAsync(file);
        await DieAsync(file);
        (int Descriptors, int Mappings, int Threads) before = await SettledAsync(null);

        for (int round = 0; round < Clients; round++)
        {
            await ComeAndGoAsync(file);
        }

        for (int round = 0; round < Deaths; round++)
        {
            await DieAsync(file);
        }

        Assert.Equal(before, await SettledAsync(before));
        Assert.Empty(await _daemon.Process.Admin.PinsAsync(null, _daemon.Patience));
    }

    [Fact]
    public async Task A_file_whose_server_could_hold_up_the_device_is_refused()
    {
        await using TestDaemon stranger = new();
        await stranger.StartAsync();
        string served = Path.Combine(stranger.Mount, "served.dat");
        await File.WriteAllBytesAsync(served, new byte[4096], _daemon.Patience);
        using RdmaDevice device = OpenDevice();
        using ProtectionDomain domain = device.CreateProtectionDomain();

        RdmaException refusal = Assert.Throws<RdmaException>(() => domain.RegisterFile(served));

        Assert.Equal(errno.EOPNOTSUPP, refusal.Errno);
        Assert.Contains("guarded volume", refusal.Reason, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private RdmaDevice OpenDevice() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));

    private string MakeFile(string name)
    {
        string path = Path.Combine(_daemon.Mount, name);
        using FileStream file = new(path, FileMode.Create);
        byte[] block = new byte[1 << 20];
        for (int written = 0; written < FileLength; written += block.Length)
        {
            file.Write(block);
        }

        return path;
    }

    private Task ComeAndGoAsync(string file) => Task.Run(
        () =>
        {
            using RdmaDevice device = OpenDevice();
            ProtectionDomain domain = device.CreateProtectionDomain();
            CompletionQueue completions = device.CreateCompletionQueue(16);
            _ = domain.CreateQueuePair(completions);
            domain.RegisterFile(file, 0, 1 << 20).Dispose();
            _ = domain.RegisterFile(file, 1 << 20, 1 << 20);
        },
        _daemon.Patience);

    private async Task DieAsync(string file)
    {
        using VictimProcess victim = await VictimProcess.StartAsync(_daemon, file);
        await victim.KillAsync(_daemon.Patience);
    }

    // What a client leaves is freed an instant after it is gone, by a thread that ends an instant later still.
    private async Task<(int Descriptors, int Mappings, int Threads)> SettledAsync((int, int, int)? wanted)
    {
        (int, int, int) found = default;
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        await UntilAsync(async () =>
        {
            int sessions = (await _daemon.Process.Admin.StatusAsync(_daemon.Patience)).Device.Sessions.Count;
            found = Footprint();
            return sessions == 0 && (wanted is null || found == wanted || patience.IsCancellationRequested);
        });
        return found;
    }

    // Sockets and pipes of the runtime's own come and go; what clients cause are memfds, eventfds, and files of the volume.
    private (int Descriptors, int Mappings, int Threads) Footprint()
    {
        string process = $"/proc/{_daemon.Process.Id}";
        return (
            Directory.GetFileSystemEntries(process + "/fd").Count(d => IsOfAClient(TargetOf(d))),
            File.ReadLines(process + "/maps").Count(IsOfAClient),
            Directory.GetDirectories(process + "/task").Count(t => NameOf(t).StartsWith("DaxEmu", StringComparison.Ordinal)));
    }

    private static bool IsOfAClient(string shown) =>
        shown.Contains("memfd:daxemu", StringComparison.Ordinal) ||
        shown.Contains("[eventfd]", StringComparison.Ordinal) ||
        shown.Contains("often.dat", StringComparison.Ordinal);

    private static string TargetOf(string descriptor) => new FileInfo(descriptor).LinkTarget ?? "";

    private static string NameOf(string thread)
    {
        try
        {
            return File.ReadAllText(thread + "/comm");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
