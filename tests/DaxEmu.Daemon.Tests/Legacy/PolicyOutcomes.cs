using DaxEmu.Client;
using DaxEmu.Linux;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>What each row of the table of the other policies gave on each filesystem, through the real guard and with a real client.</summary>
public sealed class PolicyOutcomes : IAsyncLifetime
{
    private const int Page = PinnedFile.Page;
    private readonly Dictionary<(string Row, string Filesystem), (string Pinned, string Released)> _outcomes = [];

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            foreach (string filesystem in PolicyRow.Filesystems)
            {
                await ObserveAsync(filesystem);
            }
        }
    }

    /// <summary>What came of the operation while its bytes were pinned.</summary>
    public string Of(string row, string filesystem) => Find(row, filesystem).Pinned;

    /// <summary>What came of it when the pin was gone.</summary>
    public string OfReleased(string row, string filesystem) => Find(row, filesystem).Released;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private (string Pinned, string Released) Find(string row, string filesystem)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        return _outcomes[(row, filesystem)];
    }

    private async Task ObserveAsync(string filesystem)
    {
        await using TestDaemon daemon = new();
        await using TestVolume volume = await TestVolume.MountAsync(filesystem, daemon.Backing, daemon.Patience);
        await File.WriteAllTextAsync(
            daemon.Configuration, """{ "Contract": { "WaitMilliseconds": 50, "LeaseBreakMilliseconds": 50 } }""", daemon.Patience);
        await daemon.StartAsync();
        foreach (PolicyRow row in PolicyRow.All)
        {
            string path = Path.Combine(daemon.Mount, Path.GetRandomFileName());
            PinnedFile.Make(path);
            Assert.Equal(0, Libc.SetPolicy(path, row.Policy));
            string pinned = row.Policy == "lease-kill" ? await KillAsync(daemon, row, path) : await PinAsync(daemon, row, path);
            await UntilReleasedAsync(daemon, path);
            PinnedFile.Make(path);
            _outcomes[(row.Name, filesystem)] = (pinned, Told(path, await Task.Run(() => row.Operation.Do(path), daemon.Patience)));
        }

        Assert.Equal(0, await daemon.Process.EndAsync());
    }

    private static async Task<string> PinAsync(TestDaemon daemon, PolicyRow row, string path)
    {
        using RdmaDevice device = RdmaDevice.Open(Path.Combine(daemon.Runtime, "device.sock"));
        using Loopback nic = new(device, path);
        string told = Told(path, await Task.Run(() => row.Operation.Do(path), daemon.Patience));
        if ((await daemon.Process.Admin.PinsAsync(path, daemon.Patience)).Count == 0)
        {
            return nic.TryWrite(2 * Page, (byte)'X') == CompletionStatus.RemoteAccessError ? $"{told}; region revoked" : $"{told}; no pin, and a region";
        }

        // A region that follows its file reaches what it has there now.
        bool isCut = told == "proceeds";
        if (isCut && new FileInfo(path).Length == 0)
        {
            Assert.Equal(CompletionStatus.RemoteAccessError, nic.TryWrite(2 * Page, (byte)'X'));
            return $"{told}; region follows the file";
        }

        CompletionStatus written = nic.TryWrite(2 * Page, (byte)'X');
        bool isShared = written == CompletionStatus.Success && ByteAt(path) == 'X';
        return $"{told}; {(!isShared ? $"region broken: {written}" : isCut ? "region follows the file" : "region stays")}";
    }

    private static async Task<string> KillAsync(TestDaemon daemon, PolicyRow row, string path)
    {
        using VictimProcess victim = await VictimProcess.StartAsync(daemon, path);
        string told = Told(path, await Task.Run(() => row.Operation.Do(path), daemon.Patience));
        await victim.EndAsync(daemon.Patience);
        return $"{told}; holder killed";
    }

    private static async Task UntilReleasedAsync(TestDaemon daemon, string path)
    {
        while ((await daemon.Process.Admin.PinsAsync(path, daemon.Patience)).Count > 0)
        {
            await Task.Yield();
        }
    }

    private static string Told(string path, int errno) => errno != 0 ? ErrnoName.Of(errno) : ByteAt(path) == 'c' ? "pretends" : "proceeds";

    private static int ByteAt(string path)
    {
        using FileStream file = File.OpenRead(path);
        file.Position = 2 * Page;
        return file.ReadByte();
    }
}
