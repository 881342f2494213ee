using DaxEmu.Contract;
using DaxEmu.Guards.Fanotify;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>A directory that is guarded in place for one test.</summary>
internal sealed class GuardedDirectory : IDisposable
{
    /// <summary>Guards it.</summary>
    /// <param name="within">Where it is made; null for the directory of temporary files.</param>
    /// <param name="contract">Whom the guard asks; null for <see cref="Contract"/>.</param>
    /// <param name="judgesTests">What this process does is judged like what others do.</param>
    /// <param name="isStrict">Callers that cannot be read are taken to be at the worst.</param>
    internal GuardedDirectory(string? within = null, IFileContract? contract = null, bool judgesTests = true, bool isStrict = true)
    {
        Root.IsNeededTo("ask for pre-content events");
        Path = Directory.CreateDirectory(System.IO.Path.Combine(within ?? System.IO.Path.GetTempPath(), $"daxemu-guarded-{Guid.NewGuid():N}")).FullName;
        Volume = InPlaceVolume.Open(Path);
        Contract = new FileContract(
            new VolumePolicySource(Volume, new("Volumes:0:Policy", null), new("Policy", null)), Journal, TimeProvider.System, new PinHolderRelay());
        FanotifyGuardOptions options = new() { IsStrict = isStrict, JudgesOwnProcess = judgesTests };
        FanotifyGuard? guard = FanotifyGuard.TryStart(Volume, contract ?? Contract, Events, options, out string obstacle);
        if (guard is null)
        {
            Volume.Dispose();
            Directory.Delete(Path, recursive: true);
            Assert.Fail(obstacle);
        }

        Guard = guard;
    }

    internal string Path { get; }

    internal InPlaceVolume Volume { get; }

    internal FanotifyGuard Guard { get; }

    internal FileContract Contract { get; }

    internal BoundedJournal Journal { get; } = new();

    internal RecordedEvents Events { get; } = new();

    public void Dispose()
    {
        Guard.Dispose();
        Volume.Dispose();
        Directory.Delete(Path, recursive: true);
        Assert.Empty(Events.Warnings);
    }

    /// <summary>A file of so many pages, each filled with a letter of its own: a, b, c...</summary>
    internal string WriteFile(string name, int pages = 16)
    {
        string file = System.IO.Path.Combine(Path, name);
        byte[] bytes = new byte[pages * Libc.Page];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)('a' + (i / Libc.Page % 26));
        }

        File.WriteAllBytes(file, bytes);
        return file;
    }

    /// <summary>Takes note of a pin, as a device does for a client that has the file open; to be taken back with OnUnpinned.</summary>
    internal FileIdentity Announce(string file)
    {
        using SafeFileHandle descriptor = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        Assert.True(Guard.TryResolveBacking(descriptor, out BackingFile? backing));
        using (backing)
        {
            Assert.Equal(file, backing.Path);
            Assert.True(Guard.OnPinned(backing.Identity));
            return backing.Identity;
        }
    }

    /// <summary>Pins pages of a file.</summary>
    internal async Task<PinnedPages> Pin(string file, int fromPage, int toPage)
    {
        FileIdentity identity = Announce(file);
        PinDecision decision = await Contract.PinAsync(
            new(
                identity, file, new((ulong)(fromPage * Libc.Page), (ulong)(toPage * Libc.Page)), PinAccess.Write, PinKind.LongTerm,
                PinMapping.PageCache, new(1, 0, 1, "test"), "rkey 1"),
            () => new FileFacts((ulong)new FileInfo(file).Length, true),
            CancellationToken.None);
        Assert.True(decision.IsGranted, decision.Reason);
        return new PinnedPages(Contract, Guard, decision.Pin!);
    }
}
