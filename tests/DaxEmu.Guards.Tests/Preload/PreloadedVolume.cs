using DaxEmu.Contract;
using DaxEmu.Guards.Preload;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Guards.Tests.Preload;

/// <summary>A directory that programs guard themselves, and the server that they ask, for one test.</summary>
internal sealed class PreloadedVolume : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("daxemu-preload-").FullName;
    private readonly InPlaceVolume _volume;

    /// <param name="policy">Of the whole volume.</param>
    /// <param name="contract">Whom the server asks; null for <see cref="Contract"/>.</param>
    /// <param name="limits">The server's.</param>
    /// <param name="directory">Another directory to guard.</param>
    internal PreloadedVolume(Policy policy = Policy.Deny, IFileContract? contract = null, PreloadLimits? limits = null, string? directory = null)
    {
        Place = directory ?? Directory.CreateDirectory(Path.Combine(_directory, "volume")).FullName;
        _volume = InPlaceVolume.Open(Place);
        VolumePolicySource policies = new(_volume, new("Volumes:0:Policy", PolicyName.Of(policy)), new("Policy", null));
        Contract = new FileContract(policies, Journal, TimeProvider.System, Holders);
        Server = new PreloadServer(Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite, contract ?? Contract, policies, Events, limits);
        Guard = new PreloadGuard(_volume, Server, "for a test");
    }

    internal string Place { get; }

    internal string Elsewhere => _directory;

    internal string Socket => Path.Combine(_directory, "guard.sock");

    internal FileContract Contract { get; }

    internal BoundedJournal Journal { get; } = new();

    internal PinHolderRelay Holders { get; } = new();

    internal RecordedEvents Events { get; } = new();

    internal PreloadServer Server { get; }

    internal PreloadGuard Guard { get; }

    public void Dispose()
    {
        Guard.Dispose();
        _volume.Dispose();
        Directory.Delete(_directory, recursive: true);
        Assert.Empty(Events.Warnings);
    }

    /// <summary>A file of four pages.</summary>
    internal string WriteFile(string name)
    {
        string path = Path.Combine(Place, name);
        File.WriteAllBytes(path, new byte[4 * Libc.Page]);
        return path;
    }

    internal GuardClient Connect() => new(Socket);

    /// <summary>Pins all of a file, as a device does; the pin is never given back.</summary>
    internal async Task<Pin> PinAsync(string path, FileAccess access = FileAccess.ReadWrite)
    {
        using SafeFileHandle descriptor = File.OpenHandle(path, FileMode.Open, access);
        Assert.True(Guard.TryResolveBacking(descriptor, out BackingFile? file));
        using (file)
        {
            Assert.True(Guard.OnPinned(file.Identity));
            PinDecision decision = await Contract.PinAsync(
                new(
                    file.Identity, file.Path, new(0, 4 * Libc.Page), PinAccess.Read, PinKind.LongTerm, PinMapping.PageCache, new(1, 0, 1, "test"),
                    "rkey 1"),
                () => new FileFacts(4 * Libc.Page, true),
                CancellationToken.None);
            Assert.True(decision.IsGranted, decision.Reason);
            return decision.Pin!;
        }
    }
}
