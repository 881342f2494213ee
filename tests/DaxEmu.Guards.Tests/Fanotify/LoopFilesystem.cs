namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>A filesystem in a file, mounted on a directory of its own.</summary>
internal sealed class LoopFilesystem : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("daxemu-guards-loop-").FullName;

    internal LoopFilesystem(string type)
    {
        Path = Directory.CreateDirectory(System.IO.Path.Combine(_directory, "volume")).FullName;
        string image = System.IO.Path.Combine(_directory, "image");
        try
        {
            using (FileStream file = File.Create(image))
            {
                // As small as each is made.
                file.SetLength(type == "ext4" ? 32 << 20 : type == "btrfs" ? 160 << 20 : 320 << 20);
            }

            Command.Run($"mkfs.{type}", [.. type == "ext4" ? ["-q", "-F", "-b", "4096"] : Array.Empty<string>(), .. type == "ext4" ? [] : new[] { "-q" }, image]).MustSucceed();
            if (type == "xfs")
            {
                // XFS_SB_FEAT_INCOMPAT_EXCHRANGE (fs/xfs/libxfs/xfs_format.h), beside FTYPE, SPINODES and BIGTIME: mkfs.xfs sets it since 6.10 only.
                Command.Run("xfs_db", "-x", "-c", "sb 0", "-c", "write -d features_incompat 0x4b", image).MustSucceed();
            }

            Command.Run("mount", "-o", "loop", image, Path).MustSucceed();
        }
        catch
        {
            Directory.Delete(_directory, recursive: true);
            throw;
        }
    }

    internal string Path { get; }

    public void Dispose()
    {
        Command.Run("umount", Path).MustSucceed();
        Directory.Delete(_directory, recursive: true);
    }
}
