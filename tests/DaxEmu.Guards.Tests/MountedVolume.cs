using DaxEmu.Contract;
using DaxEmu.Guards.Fuse;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>A volume in a temporary directory, mounted for one test; always unmounted and removed.</summary>
internal sealed class MountedVolume : IDisposable
{
    private readonly string _directory;

    /// <summary>Mounts it; the test is skipped where the data path that it asks for is not to be had.</summary>
    /// <param name="path">How contents are to travel; null for what root and an ordinary user should each get here.</param>
    /// <param name="contract">Whom the guard asks; null for <see cref="Contract"/>.</param>
    /// <param name="backing">The backing directory; null for one of its own.</param>
    internal MountedVolume(FuseDataPath? path = null, IFileContract? contract = null, string? backing = null)
    {
        FuseDataPath dataPath = path ?? (Environment.IsPrivilegedProcess ? FuseDataPath.Passthrough : FuseDataPath.PageCache);
        _directory = Directory.CreateTempSubdirectory("daxemu-guards-").FullName;
        File.SetUnixFileMode(_directory, (UnixFileMode)0x1ed);
        Backing = backing ?? Directory.CreateDirectory(Path.Combine(_directory, "backing")).FullName;
        Mount = Directory.CreateDirectory(Path.Combine(_directory, "mount")).FullName;
        try
        {
            Volume = FuseVolume.Open(Backing, Mount);
            Contract = new FileContract(
                new VolumePolicySource(Volume, new("Volumes:0:Policy", null), new("Policy", null)), Journal, TimeProvider.System, new PinHolderRelay());
            Guard = FuseGuard.Mount(
                Volume, contract ?? Contract, Events, new FuseGuardOptions { ForcePageCache = path == FuseDataPath.PageCache });
        }
        catch
        {
            Directory.Delete(_directory, recursive: true);
            throw;
        }

        if (Guard.DataPath != dataPath)
        {
            string reason = Guard.DataPathReason;
            Dispose();
            Assert.Skip("passthrough is missing here: " + reason);
        }
    }

    public static TheoryData<FuseDataPath> DataPaths => [FuseDataPath.Passthrough, FuseDataPath.PageCache];

    internal string Backing { get; }

    internal string Mount { get; }

    internal FuseVolume Volume { get; }

    internal FuseGuard Guard { get; }

    internal FileContract Contract { get; }

    internal BoundedJournal Journal { get; } = new();

    internal RecordedEvents Events { get; } = new();

    public void Dispose()
    {
        Guard.Dispose();
        Volume.Dispose();
        Directory.Delete(_directory, recursive: true);
        Assert.Empty(Events.Warnings);
    }

    /// <summary>A name on the mount.</summary>
    internal string On(string name) => Path.Combine(Mount, name);

    /// <summary>The same name in the backing directory.</summary>
    internal string Under(string name) => Path.Combine(Backing, name);

    /// <summary>A file of so many pages, each filled with a letter of its own: a, b, c...</summary>
    internal string WriteFile(string name, int pages = 16) => Write(name, On(name), pages);

    /// <summary>The same, without the mount taking part: creating a file truncates it.</summary>
    internal string WriteBackingFile(string name, int pages = 16) => Write(name, Under(name), pages);

    private string Write(string name, string path, int pages)
    {
        byte[] bytes = new byte[pages * Libc.Page];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)('a' + (i / Libc.Page % 26));
        }

        File.WriteAllBytes(path, bytes);
        return On(name);
    }

    /// <summary>The backing file behind a name on the mount.</summary>
    internal FileIdentity IdentityOf(string file)
    {
        using SafeFileHandle descriptor = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        Assert.True(Guard.TryResolveBacking(descriptor, out BackingFile? backing));
        using (backing)
        {
            return backing.Identity;
        }
    }

    /// <summary>Pins pages of a file the way a device does for a client that has it open.</summary>
    internal async Task<PinnedPages> Pin(string name, int fromPage, int toPage)
    {
        using SafeFileHandle descriptor = File.OpenHandle(On(name), FileMode.Open, FileAccess.ReadWrite);
        Assert.True(Guard.TryResolveBacking(descriptor, out BackingFile? file));
        using (file)
        {
            Assert.True(Guard.OnPinned(file.Identity));
            ByteRange range = new((ulong)(fromPage * Libc.Page), (ulong)(toPage * Libc.Page));
            PinOwner owner = new(1, 0, 1, "test");
            PinDecision decision = await Contract.PinAsync(
                new(file.Identity, file.Path, range, PinAccess.Write, PinKind.LongTerm, PinMapping.PageCache, owner, "rkey 1"),
                () => new FileFacts((ulong)RandomAccess.GetLength(descriptor), true),
                CancellationToken.None);
            Assert.True(decision.IsGranted, decision.Reason);
            return new PinnedPages(Contract, Guard, decision.Pin!);
        }
    }
}
