using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A file of 16 pages, each filled with a letter of its own (a, b, c...), that a device has pinned from end to end, twice.</summary>
internal abstract class PinnedFile : IDisposable
{
    public const int Page = 4096;
    public const int Pages = 16;

    protected PinnedFile(string path)
    {
        Path = path;
        File = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Its name.</summary>
    public string Path { get; }

    /// <summary>Opened by a program other than the device's.</summary>
    public SafeFileHandle File { get; }

    /// <summary>True while the device's program has it mapped.</summary>
    public bool IsMapped { get; protected set; } = true;

    /// <summary>The device writes a byte to memory, by one of the two regions.</summary>
    public abstract void Write(long offset, char value, int region = 0);

    /// <summary>The device reads a byte of memory.</summary>
    public abstract byte Read(long offset, int region = 0);

    /// <summary>What the mapping of the device's program shows.</summary>
    public abstract byte Mapped(long offset);

    /// <summary>madvise(MADV_REMOVE) by the device's program.</summary>
    public abstract void Remove(long offset, long length);

    /// <summary>munmap and close by the device's program; its regions stay.</summary>
    public abstract void Unmap();

    /// <summary>Deregisters both regions and registers them anew.</summary>
    public abstract void RegisterAgain();

    public void Punch(long offset, long length) =>
        Assert.Equal(0, Libc.Allocate(File, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, offset, length));

    /// <summary>FALLOC_FL_ZERO_RANGE; its errno.</summary>
    public int Zero(long offset, long length) => Libc.Allocate(File, Libc.FALLOC_FL_ZERO_RANGE, offset, length);

    /// <summary>ftruncate.</summary>
    public void Truncate(long length) => RandomAccess.SetLength(File, length);

    /// <summary>write by another program.</summary>
    public void Store(long offset, char value)
    {
        byte[] page = new byte[Page];
        Array.Fill(page, (byte)value);
        RandomAccess.Write(File, page, offset);
    }

    /// <summary>What read shows, the mapping agreeing where there is one: a letter, 0 for a zero, or end past the end of the file.</summary>
    public string InFile(long offset)
    {
        byte[] one = new byte[1];
        if (RandomAccess.Read(File, one, offset) == 0)
        {
            return "end";
        }

        if (IsMapped)
        {
            Assert.Equal(one[0], Mapped(offset));
        }

        return Shown(one[0]);
    }

    /// <summary>What the device reads, by both regions.</summary>
    public string InDevice(long offset)
    {
        byte seen = Read(offset);
        Assert.Equal(seen, Read(offset, 1));
        return Shown(seen);
    }

    public virtual void Dispose() => File.Dispose();

    /// <summary>Makes the file.</summary>
    public static void Make(string path)
    {
        byte[] bytes = new byte[Pages * Page];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)('a' + (i / Page));
        }

        System.IO.File.WriteAllBytes(path, bytes);
    }

    protected static string Shown(byte value) => value == 0 ? "0" : ((char)value).ToString();
}
