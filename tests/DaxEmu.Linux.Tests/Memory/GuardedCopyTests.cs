using System.Diagnostics;
using System.Runtime.InteropServices;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Linux.Tests.Memory;

public sealed unsafe class GuardedCopyTests : IDisposable
{
    private const int Page = 4096;
    private const int Pages = 4;

    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _memory = GC.AllocateArray<byte>(Pages * Page, pinned: true);
    private readonly SafeFileHandle _file;
    private readonly MemoryMapping _mapping;

    public GuardedCopyTests()
    {
        (_file, _mapping) = NewFile("f");
    }

    private nint Memory => Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);

    public void Dispose()
    {
        _mapping.Dispose();
        _file.Dispose();
        _directory.Dispose();
    }

    public static TheoryData<int, int, int> Copies()
    {
        TheoryData<int, int, int> data = [];
        foreach (int length in (int[])[0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 64, 100, 4095, 4096, 5000])
        {
            foreach (int to in (int[])[0, 1, 4, 7])
            {
                data.Add(length, to, 3);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Copies))]
    public void A_copy_moves_exactly_its_bytes(int length, int to, int from)
    {
        byte[] content = [.. Enumerable.Range(0, Pages * Page).Select(i => (byte)((i * 31) ^ (i >> 8)))];
        content.CopyTo(_memory, 0);

        Assert.Equal(GuardedCopyResult.Done, GuardedCopy.TryCopy(_mapping.Address + to, Memory + from, (nuint)length, out _));

        byte[] expected = new byte[Pages * Page];
        content.AsSpan(from, length).CopyTo(expected.AsSpan(to));
        Assert.True(_mapping.Slice(0, expected.Length).SequenceEqual(expected));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(63, 2)]
    [InlineData(0, Pages * Page)]
    public void Writing_cache_lines_back_changes_no_byte(int offset, int length)
    {
        _mapping.Slice(0, Pages * Page).Fill(7);
        Assert.True(GuardedCopy.TryWriteBack(_mapping.Address + offset, (nuint)length));
        Assert.Equal(-1, _mapping.Slice(0, Pages * Page).IndexOfAnyExcept((byte)7));
    }

    [Fact]
    public void Writing_back_a_page_that_is_gone_fails()
    {
        RandomAccess.SetLength(_file, Page);
        Assert.True(GuardedCopy.TryWriteBack(_mapping.Address, Page));
        Assert.False(GuardedCopy.TryWriteBack(_mapping.Address, Page + 1));
    }

    [Theory]
    [InlineData(0, 5, 100)]
    [InlineData(5, 0, 100)]
    [InlineData(0, 1, 8)]
    [InlineData(8, 0, 12)]
    public void Overlapping_ranges_are_moved_as_by_memmove(int to, int from, int length)
    {
        byte[] expected = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        expected.CopyTo(_memory, 0);
        expected.AsSpan(from, length).CopyTo(expected.AsSpan(to));

        GuardedCopy.TryCopy(Memory + to, Memory + from, (nuint)length, out _);

        Assert.Equal(expected, _memory.AsSpan(0, 200).ToArray());
    }

    [Theory]
    [InlineData(true, GuardedCopyResult.SourceFault)]
    [InlineData(false, GuardedCopyResult.DestinationFault)]
    public void A_page_that_another_process_cut_away_is_a_fault_with_its_side_and_address(bool read, GuardedCopyResult expected)
    {
        Cut("f", Page);
        nint gone = _mapping.Address + Page;

        GuardedCopyResult result = read
            ? GuardedCopy.TryCopy(Memory, _mapping.Address, 2 * Page, out nint fault)
            : GuardedCopy.TryCopy(_mapping.Address, Memory, 2 * Page, out fault);

        Assert.Equal(expected, result);
        Assert.InRange(fault, gone, gone + Page - 1);
    }

    [Fact]
    public void When_the_source_was_cut_short_the_last_byte_is_not_published()
    {
        Cut("f", Page);
        _memory.AsSpan().Fill(7);

        GuardedCopy.TryCopy(Memory, _mapping.Address, 2 * Page, out _);

        Assert.Equal(7, _memory[(2 * Page) - 1]);
    }

    [Fact]
    public void Atomics_return_what_was_there()
    {
        ulong* target = (ulong*)_mapping.Address;
        ulong old;

        Assert.Equal(0, GuardedCopy.FetchAdd(target, 5, &old));
        Assert.Equal((0ul, 5ul), (old, *target));
        Assert.Equal(0, GuardedCopy.CompareSwap(target, 5, 9, &old));
        Assert.Equal((5ul, 9ul), (old, *target));
        Assert.Equal(0, GuardedCopy.CompareSwap(target, 5, 1, &old));
        Assert.Equal((9ul, 9ul), (old, *target));
    }

    [Fact]
    public void Atomics_on_a_page_that_is_gone_are_a_destination_fault()
    {
        Cut("f", Page);
        ulong* gone = (ulong*)(_mapping.Address + Page);
        ulong old;

        Assert.Equal((int)GuardedCopyResult.DestinationFault, GuardedCopy.FetchAdd(gone, 1, &old));
        Assert.Equal((int)GuardedCopyResult.DestinationFault, GuardedCopy.CompareSwap(gone, 0, 1, &old));
    }

    [Fact]
    public void Thousands_of_faults_leave_concurrent_copies_alone()
    {
        const int rounds = 5000;
        Cut("f", Page);
        int wrong = 0;
        Thread[] threads =
        [
            .. Enumerable.Range(0, 4).Select(t => new Thread(() =>
            {
                byte[] mine = GC.AllocateArray<byte>(2 * Page, pinned: true);
                nint address = Marshal.UnsafeAddrOfPinnedArrayElement(mine, 0);
                for (int i = 0; i < rounds; i++)
                {
                    bool faults = t % 2 == 0;
                    GuardedCopyResult result = GuardedCopy.TryCopy(address, _mapping.Address + (faults ? Page : 0), Page, out _);
                    if (result != (faults ? GuardedCopyResult.SourceFault : GuardedCopyResult.Done))
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
            })),
        ];

        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());

        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Null_references_are_still_exceptions_before_and_after_faults()
    {
        Cut("f", Page);
        for (int i = 0; i < 100; i++)
        {
            Assert.Throws<NullReferenceException>(() => Unsafe(null).Length);
            Assert.Equal(GuardedCopyResult.SourceFault, GuardedCopy.TryCopy(Memory, _mapping.Address + Page, 1, out _));
        }

        static string Unsafe(string? value) => value!;
    }

    [Fact]
    public void A_fault_outside_a_guarded_copy_still_ends_the_process()
    {
        using Process child = UnguardedFault.Start(_directory.File("child"));
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();

        Assert.Equal(UnguardedFault.Survived, output);
        Assert.NotEqual(0, child.ExitCode);
    }

    private (SafeFileHandle File, MemoryMapping Mapping) NewFile(string name)
    {
        SafeFileHandle file = File.OpenHandle(_directory.File(name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.SetLength(file, Pages * Page);
        return (file, MemoryMapping.Map(file, 0, Pages * Page, MemoryProtection.ReadWrite));
    }

    private void Cut(string name, long size)
    {
        using Process truncate = Process.Start("truncate", ["-s", size.ToString(), _directory.File(name)]);
        truncate.WaitForExit();
        Assert.Equal(0, truncate.ExitCode);
    }
}
