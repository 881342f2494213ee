using System.IO.MemoryMappedFiles;
using DaxEmu.Daemon.Programs;
using DaxEmu.Daemon.Tests.Legacy;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Daemon.Tests.Breaches;

/// <summary>A file of a guarded volume, by both of its paths.</summary>
/// <param name="mounted">Its path on the mount.</param>
/// <param name="backing">Its path behind the guard.</param>
internal sealed class BreachedFile(string mounted, string backing) : IDisposable
{
    private MemoryMappedFile? _mapped;
    private MemoryMappedViewAccessor? _view;

    public const int Page = 4096;
    public const int Pages = 16;

    public string Mounted => mounted;

    public string Backing => backing;

    /// <summary>Another file of the volume, with the same bytes.</summary>
    public string Other
    {
        get
        {
            string path = backing + ".other";
            if (!File.Exists(path))
            {
                Fill(path);
            }

            return path;
        }
    }

    /// <summary>16 pages of data, each page's bytes its number.</summary>
    public static void Fill(string path)
    {
        byte[] data = new byte[Pages * Page];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (byte)(1 + (i / Page));
        }

        File.WriteAllBytes(path, data);
    }

    /// <summary>fallocate(2) on the backing path.</summary>
    public void Allocate(int mode, int page, int pages)
    {
        using SafeFileHandle file = Open();
        Assert.Equal(0, Libc.Allocate(file, mode, page * Page, pages * Page));
    }

    /// <summary>Writes it back, and maps it by its backing path: before it is pinned, so that no guard sees what is done through the mapping.</summary>
    public void Map()
    {
        Sync();
        _mapped = MemoryMappedFile.CreateFromFile(backing, FileMode.Open);
        _view = _mapped.CreateViewAccessor();
    }

    /// <summary>madvise(MADV_REMOVE) through the mapping.</summary>
    public void Remove(int page, int pages) =>
        Assert.Equal(0, Libc.Remove(_view!.SafeMemoryMappedViewHandle.DangerousGetHandle() + (page * Page), pages * Page));

    public void Dispose()
    {
        _view?.Dispose();
        _mapped?.Dispose();
    }

    /// <summary>Open by its backing path.</summary>
    public SafeFileHandle Open() => File.OpenHandle(backing, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    /// <summary>Writes it back, so that its bytes have their blocks.</summary>
    public void Sync()
    {
        using SafeFileHandle file = Open();
        RandomAccess.FlushToDisk(file);
    }

    public static async Task RunAsync(string program, params string[] arguments)
    {
        ProgramRun run = await ProgramRun.OfAsync(program, arguments, TestContext.Current.CancellationToken);
        Assert.True(run.Succeeded, $"{run.CommandLine}: {run.Output}{run.Error}");
    }
}
