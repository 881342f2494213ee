using DaxEmu.Contract;
using DaxEmu.Guards.Fuse;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>Pages that only a device wrote: readers see them, the backing file has them later.</summary>
public sealed class HeldPagesTests : IDisposable
{
    private const int Pages = 4;
    private static readonly int Page = Libc.Page;

    private readonly string _path = Path.GetTempFileName();
    private readonly SafeFileHandle _file;
    private readonly HeldPages _held;

    public HeldPagesTests()
    {
        File.WriteAllBytes(_path, [.. Enumerable.Range(0, Pages).SelectMany(i => Filled('a' + i))]);
        _file = Open();
        _held = new HeldPages(Open());
    }

    private byte[] OnDisk => File.ReadAllBytes(_path);

    public void Dispose()
    {
        _held.Dispose();
        _file.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void What_was_written_back_is_read_again_when_the_page_has_left_the_page_cache_and_the_disk_has_it_after_deregistration()
    {
        WriteBack('D', 1, 2);

        Assert.Equal([.. Filled('a'), .. Filled('D'), .. Filled('D'), .. Filled('d')], Read(0, Pages * Page));
        Assert.Equal(Filled('D')[..10], Read((2 * Page) - 5, 10));
        Assert.Equal([.. Filled('b'), .. Filled('c')], OnDisk[Page..(3 * Page)]);
        Assert.Equal([PagesOf(1, 3)], _held.TakeUntold());
        Assert.Empty(_held.TakeUntold());

        Assert.Equal(0, _held.Change(PagesOf(1, 2)));

        Assert.Equal([.. Filled('D'), .. Filled('c')], OnDisk[Page..(3 * Page)]);
        Assert.Equal(Filled('D'), Read(2 * Page, Page));
        Assert.False(_held.IsEmpty);
    }

    [Fact]
    public void A_program_that_writes_into_a_held_page_takes_all_of_it_to_the_disk()
    {
        WriteBack('D', 1, 2);

        Assert.Equal(3, _held.Write(_file, "new"u8, (ulong)Page + 7));

        byte[] expected = Filled('D');
        "new"u8.CopyTo(expected.AsSpan(7));
        Assert.Equal([.. expected, .. Filled('c')], OnDisk[Page..(3 * Page)]);
        Assert.Equal(expected, Read(Page, Page));

        // It counts as changed by the program until it is clean: what a device adds goes with it.
        WriteBack('E', 1);
        Assert.Equal(Filled('E'), OnDisk[Page..(2 * Page)]);
        WriteBack('F', 1);
        Assert.Equal(Filled('E'), OnDisk[Page..(2 * Page)]);
        Assert.Equal(Filled('F'), Read(Page, Page));
    }

    [Fact]
    public void A_store_that_no_device_made_takes_the_page_to_the_disk()
    {
        byte[] page = Filled('a');
        page[100] = page[200] = (byte)'D';
        DeviceWrites written = new(PagesOf(0, 1));
        written.WordsOf(PagesOf(0, 1))[100 / 64] |= 1UL << (100 % 64);

        Assert.Equal(Page, _held.WriteBack(_file, page, 0, written));

        Assert.Equal(page, OnDisk[..Page]);
        Assert.True(_held.IsEmpty);
    }

    [Fact]
    public void What_is_cut_off_is_gone_and_what_is_written_back_of_it_meanwhile_is_zeros()
    {
        WriteBack('D', 1, 2, 3);
        ByteRange cut = ByteRange.From((ulong)((2 * Page) + 10));

        Assert.Equal(0, _held.BeginCut(cut));
        Assert.Equal(Page, _held.WriteBack(_file, Filled('E'), (ulong)(3 * Page), null));
        Assert.Equal(new byte[Page], OnDisk[(3 * Page)..]);
        RandomAccess.SetLength(_file, (2 * Page) + 10);
        _held.EndCut(cut, isCut: true);

        // The page that is cut in part is the disk's, the one before it is held still.
        Assert.Equal([.. Filled('b'), .. Filled('D')[..10]], OnDisk[Page..]);
        RandomAccess.SetLength(_file, Pages * Page);
        Assert.Equal([.. Filled('D'), .. Filled('D')[..10], .. new byte[(2 * Page) - 10]], Read(Page, 3 * Page));
    }

    [Fact]
    public void What_the_disk_does_not_take_is_told_and_kept_and_tried_again()
    {
        using HeldPages held = new(File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(Page, held.WriteBack(_file, Filled('D'), 0, AllOf(0, 1)));

        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(-Abi.errno.EBADF, held.Clean(holdsBack: false));
        }

        byte[] read = new byte[Page];
        Assert.Equal((Page, false), (held.Read(_file, read, 0), held.IsEmpty));
        Assert.Equal(Filled('D'), read);
    }

    private static byte[] Filled(int letter) => Enumerable.Repeat((byte)letter, Page).ToArray();

    private static ByteRange PagesOf(int from, int to) => new((ulong)(from * Page), (ulong)(to * Page));

    private static DeviceWrites AllOf(int from, int to)
    {
        DeviceWrites written = new(PagesOf(from, to));
        written.WordsOf(written.Pages).Fill(ulong.MaxValue);
        return written;
    }

    private SafeFileHandle Open() => File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    // As the kernel does, of pages next to one another that a device wrote whole.
    private void WriteBack(char letter, params int[] pages)
    {
        byte[] bytes = [.. pages.SelectMany(_ => Filled(letter))];
        Assert.Equal(bytes.Length, _held.WriteBack(_file, bytes, (ulong)(pages[0] * Page), AllOf(pages[0], pages[^1] + 1)));
    }

    private byte[] Read(int offset, int length)
    {
        byte[] bytes = new byte[length];
        Assert.Equal(length, _held.Read(_file, bytes, (ulong)offset));
        return bytes;
    }
}
