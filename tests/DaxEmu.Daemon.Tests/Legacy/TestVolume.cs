using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A filesystem of its own, mounted on a directory.</summary>
internal sealed class TestVolume : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string? _image;

    private TestVolume(string directory, string? image)
    {
        _directory = directory;
        _image = image;
    }

    /// <summary>Makes one and mounts it.</summary>
    /// <param name="filesystem">Its type.</param>
    /// <param name="directory">Where.</param>
    /// <param name="patience">Gives up.</param>
    /// <param name="prepare">Does something to the image before it is mounted; null for nothing.</param>
    public static async Task<TestVolume> MountAsync(
        string filesystem, string directory, CancellationToken patience, Func<string, Task>? prepare = null)
    {
        if (filesystem == "tmpfs")
        {
            await RunAsync("mount", ["-t", "tmpfs", "-o", "size=64m", "daxemu-test", directory], patience);
            return new TestVolume(directory, null);
        }

        string image = directory + ".image";
        await using (FileStream file = File.Create(image))
        {
            file.SetLength(filesystem switch
            {
                "xfs" => 320 << 20,
                "btrfs" => 160 << 20,
                _ => 64 << 20,
            });
        }

        // Pages of one block each, as the larger filesystems have by default, whatever the size.
        await RunAsync("mkfs." + filesystem, filesystem == "ext4" ? ["-q", "-F", "-b", "4096", image] : ["-q", image], patience);
        if (prepare is not null)
        {
            await prepare(image);
        }

        await RunAsync("mount", ["-o", "loop", image, directory], patience);
        return new TestVolume(directory, image);
    }

    public async ValueTask DisposeAsync()
    {
        await ProgramRun.OfAsync("umount", [_directory]);
        if (_image is not null)
        {
            File.Delete(_image);
        }
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken patience)
    {
        ProgramRun run = await ProgramRun.OfAsync(program, arguments, patience);
        Assert.True(run.Succeeded, $"{run.CommandLine}: {run.Error}");
    }
}
