using System.Diagnostics;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>A filesystem in a file: what is durable there is what the file holds.</summary>
internal sealed class LoopVolume : IDisposable
{
    private static readonly string[] Ext4Options = ["-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0"];
    private static readonly string[] XfsOptions = ["-q", "-m", "reflink=1"];

    private readonly string _directory;

    /// <summary>Makes and mounts it; skips the test where that cannot be done.</summary>
    /// <param name="directory">Where the image lies, or null for a new directory.</param>
    /// <param name="type"><c>ext4</c>, <c>xfs</c> or <c>btrfs</c>.</param>
    public LoopVolume(string? directory = null, string type = "ext4")
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/dev/loop-control"), "mounting a file needs root and loop devices");
        _directory = Directory.CreateTempSubdirectory("daxemu-loop-").FullName;
        Image = System.IO.Path.Combine(directory ?? _directory, "image");
        Path = Directory.CreateDirectory(System.IO.Path.Combine(_directory, "volume")).FullName;
        using (FileStream image = File.Create(Image))
        {
            // As small as each is made.
            image.SetLength(type == "ext4" ? 32 << 20 : type == "btrfs" ? 160 << 20 : 320 << 20);
        }

        Run($"mkfs.{type}", [.. type == "ext4" ? Ext4Options : type == "xfs" ? XfsOptions : ["-q"], Image]);
        Run("mount", "-o", "loop", Image, Path);
    }

    /// <summary>The file that holds it.</summary>
    public string Image { get; }

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>True when the image holds a page like this.</summary>
    public bool Holds(ReadOnlySpan<byte> page)
    {
        byte[] image = File.ReadAllBytes(Image);
        for (int at = 0; at < image.Length; at += page.Length)
        {
            if (image.AsSpan(at, page.Length).SequenceEqual(page))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Runs a program to its end, which must be a good one.</summary>
    public static void Run(string program, params string[] arguments)
    {
        (int status, string errors) = Try(program, arguments);
        Assert.True(status == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
    }

    /// <summary>Unmounts as soon as sessions that are just ending have unmapped their files.</summary>
    public static void Unmount(string path)
    {
        string errors = "";
        bool done = SpinWait.SpinUntil(
            () =>
            {
                (int status, errors) = Try("umount", path);
                return status == 0;
            },
            TimeSpan.FromSeconds(30));
        Assert.True(done, errors);
    }

    public void Dispose()
    {
        Unmount(Path);
        Directory.Delete(_directory, recursive: true);
    }

    private static (int Status, string Errors) Try(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
