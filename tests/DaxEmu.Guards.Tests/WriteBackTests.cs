using DaxEmu.Contract;
using DaxEmu.Guards.Fuse;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Served;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests;

/// <summary>
/// A mount with pages of its own, served by the process that unmaps some: their write-back needs no thread of the runtime, and nothing of it
/// is lost.
/// </summary>
public sealed class WriteBackTests
{
    [Fact]
    public void Pages_written_back_while_pages_are_unmapped_reach_the_file_before_anybody_looks()
    {
        using MountedVolume volume = new(FuseDataPath.PageCache);
        using MappedFile mapped = new(volume.WriteFile("data"), 16);
        using SafeFileHandle served = File.OpenHandle(volume.On("data"), FileMode.Open, FileAccess.ReadWrite);
        mapped.Bytes.Fill((byte)'Z');

        (int writtenBack, byte[] meanwhile) = WriteBackGate.Unmap(() => (FileContents.WriteBack(served), File.ReadAllBytes(volume.Under("data"))));

        Assert.Equal(0, writtenBack);
        Assert.DoesNotContain((byte)'Z', meanwhile);
        Assert.All(File.ReadAllBytes(volume.Under("data")), b => Assert.Equal((byte)'Z', b));
    }

    [Fact]
    public async Task They_are_written_back_also_when_all_serving_threads_are_held_up()
    {
        using HoldingContract contract = new();
        using MountedVolume volume = new(FuseDataPath.PageCache, contract);
        string file = volume.WriteFile("data");
        using MappedFile mapped = new(file, 16);
        using SafeFileHandle served = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        int threads = new FuseGuardOptions().Threads;
        Task<Command>[] held =
            [.. Enumerable.Range(0, threads).Select(i => volume.WriteFile($"other{i}")).Select(f => Task.Run(() => Command.Run("sync", f)))];
        await contract.HeldAsync(threads).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        mapped.Bytes.Fill((byte)'Z');

        int writtenBack = await Task.Run(() => WriteBackGate.Unmap(() => FileContents.WriteBack(served)))
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal(0, writtenBack);
        Assert.All(File.ReadAllBytes(volume.Under("data")), b => Assert.Equal((byte)'Z', b));
        contract.LetGo();
        foreach (Task<Command> one in held)
        {
            (await one).MustSucceed();
        }
    }

    [Fact]
    public void A_write_that_fails_later_is_told_by_the_next_fsync_and_only_by_that()
    {
        Root.IsNeededTo("mount a filesystem that is full");
        string directory = Directory.CreateTempSubdirectory("daxemu-full-").FullName;
        try
        {
            Command.Run("mount", "-t", "tmpfs", "-o", "size=64k", "none", directory).MustSucceed();
            using MountedVolume volume = new(FuseDataPath.PageCache, backing: directory);
            using SafeFileHandle served = File.OpenHandle(volume.On("holes"), FileMode.CreateNew, FileAccess.ReadWrite);
            RandomAccess.SetLength(served, 64 * Libc.Page);
            using MappedFile mapped = new(volume.On("holes"), 64);
            mapped.Bytes.Fill((byte)'Z');

            Assert.Equal(0, WriteBackGate.Unmap(() => FileContents.WriteBack(served)));

            Assert.Equal(-ENOSPC, FileContents.Sync(served, dataOnly: false));
            Assert.Equal(0, FileContents.Sync(served, dataOnly: false));
            Assert.Contains("failed: ENOSPC", Assert.Single(volume.Events.Warnings), StringComparison.Ordinal);
            volume.Events.Warnings.Clear();
        }
        finally
        {
            Command.Run("umount", "--lazy", directory);
            Directory.Delete(directory);
        }
    }

    [Fact]
    public void When_a_late_write_and_what_was_held_back_fail_in_one_fsync_it_tells_one_and_the_log_both()
    {
        using MountedVolume volume = new(FuseDataPath.PageCache);
        string file = volume.WriteFile("data", 1);
        using SafeFileHandle served = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        Node node = volume.Volume.Nodes.Hold(volume.IdentityOf(file))!;
        try
        {
            // A descriptor that is not open for writing stands for a disk that takes no more.
            node.Held = new HeldPages(File.OpenHandle(volume.Under("data"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            DeviceWrites written = new(new ByteRange(0, (ulong)Libc.Page));
            written.WordsOf(written.Pages).Fill(ulong.MaxValue);
            Assert.Equal(Libc.Page, node.Held.WriteBack(served, new byte[Libc.Page], 0, written));
            node.LateFailure = ENOSPC;

            Assert.Equal(-ENOSPC, FileContents.Sync(served, dataOnly: false));
            Assert.Contains("held back of it could not be written to the backing file, and is kept: EBADF", Assert.Single(volume.Events.Warnings), StringComparison.Ordinal);
            // What is kept is not lost: the next fsync tells of it.
            Assert.Equal(-EBADF, FileContents.Sync(served, dataOnly: false));
            volume.Events.Warnings.Clear();
        }
        finally
        {
            volume.Volume.Nodes.Release(node);
        }
    }
}
