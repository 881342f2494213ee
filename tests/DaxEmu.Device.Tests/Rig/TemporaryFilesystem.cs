namespace DaxEmu.Device.Tests;

/// <summary>A tmpfs with little room.</summary>
internal sealed class TemporaryFilesystem : IDisposable
{
    public TemporaryFilesystem(string size)
    {
        Xunit.Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        Path = Directory.CreateTempSubdirectory("daxemu-tmpfs-").FullName;
        LoopVolume.Run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", Path);
    }

    public string Path { get; }

    /// <summary>Takes all room that is left.</summary>
    public void Fill()
    {
        using FileStream filler = File.Create(System.IO.Path.Combine(Path, "filler"), 4096);
        byte[] page = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(page);
                filler.Flush();
            }
        }
        catch (IOException)
        {
            // ENOSPC.
        }
    }

    public void Dispose()
    {
        LoopVolume.Unmount(Path);
        Directory.Delete(Path);
    }
}
