using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>A volume of some type, a device and a client: registers files of the volume under admission rules.</summary>
internal sealed class AdmissionVolume : IDisposable
{
    internal const int Page = 4096;
    internal const int Pages = 16;
    internal const ulong Length = Pages * Page;

    private const ulong Address = 0x7000_0000;

    private readonly IDisposable _volume;
    private readonly TestClient _client;
    private readonly uint _pd;

    internal AdmissionVolume(string type)
    {
        if (type == "tmpfs")
        {
            TemporaryFilesystem memory = new("8m");
            (_volume, Path) = (memory, memory.Path);
        }
        else
        {
            LoopVolume disk = new(type: type);
            (_volume, Path) = (disk, disk.Path);
        }

        Device = new(runWorker: false);
        _client = Device.Open();
        _pd = _client.AllocatePd();
    }

    internal TestDevice Device { get; }

    internal string Path { get; }

    /// <summary>A file of this many pages, each filled with a letter of its own.</summary>
    internal string Write(string name, int pages = Pages)
    {
        string path = System.IO.Path.Combine(Path, name);
        byte[] content = new byte[pages * Page];
        for (int i = 0; i < content.Length; i++)
        {
            content[i] = (byte)('a' + (i / Page));
        }

        using FileStream file = new(path, FileMode.OpenOrCreate);
        file.Write(content);
        file.Flush(flushToDisk: true);
        return path;
    }

    /// <summary>A file of this size without a block.</summary>
    internal string Sparse(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        using FileStream file = File.Create(path);
        file.SetLength((long)Length);
        return path;
    }

    /// <summary>Registers a range of a file for reading and writing, and gives it back.</summary>
    /// <returns>0, or the errno; and what is said.</returns>
    internal (int Errno, string Text) Register(string path, int fromPage = 0, int toPage = Pages)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        return Register(file, fromPage, toPage);
    }

    /// <inheritdoc cref="Register(string, int, int)"/>
    internal (int Errno, string Text) Register(SafeFileHandle file, int fromPage = 0, int toPage = Pages)
    {
        TestReply reply = _client.TryRegister(_pd, file, Address, (ulong)((toPage - fromPage) * Page), (ulong)(fromPage * Page));
        if (reply.Result > 0)
        {
            Assert.Equal(0, _client.Deregister(reply.Read<Abi.ib_uverbs_reg_mr_resp>().mr_handle).Errno);
        }

        return (reply.Errno, reply.Text);
    }

    /// <summary>The first byte without data; the file's length when there is none.</summary>
    internal static long HoleOf(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        return FileContents.Seek(file, 0, Abi.unistd.SEEK_HOLE);
    }

    /// <summary>Bytes of storage that it takes.</summary>
    internal static long AllocatedBy(string path)
    {
        Assert.Equal(0, FileStatus.StatusOf(path, 0, Abi.linux_stat.STATX_BASIC_STATS, out Abi.statx status));
        return (long)status.stx_blocks * 512;
    }

    public void Dispose()
    {
        _client.Dispose();
        Device.Dispose();
        _volume.Dispose();
        Assert.Empty(Device.Log.Failures);
    }
}
