using System.Security.Cryptography;
using DaxEmu.Abi;
using Xunit;

namespace DaxEmu.Client.Tests.Memory;

/// <summary>Files and buffers as memory regions.</summary>
public sealed class RegistrationTests : IDisposable
{
    // What the runtime opens for itself now and then (an assembly, the thread pool's epoll); a leak would be one in each round.
    private const int Margin = 5;

    private readonly InProcessDaemon _daemon = new();
    private readonly TemporaryDirectory _files = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _daemon.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task What_a_peer_writes_into_a_registered_file_is_in_the_file()
    {
        const int length = 64 << 20;
        const int chunk = 1 << 20;
        using ConnectedPair pair = new(_daemon);
        using MemoryRegion source = pair.Left.Domain.RegisterFile(_files.File("source", length, seed: 7), access: AccessFlags.None);
        using MemoryRegion target = pair.Right.Domain.RegisterFile(_files.File("target", length, seed: 8));

        await Task.WhenAll(Enumerable.Range(0, length / chunk).Select(async i =>
        {
            ScatterGather local = source.Slice((long)i * chunk, chunk);
            (await pair.Left.QueuePair.WriteAsync(local, target.Remote.Slice((ulong)i * chunk, chunk), Stop)).EnsureSuccess();
        }));

        Assert.Equal(Hash("source"), Hash("target"));
    }

    [Fact]
    public void A_region_may_begin_and_end_anywhere_in_its_file()
    {
        string path = _files.File("file", 10_000);
        using End end = new(_daemon);

        using MemoryRegion region = end.Domain.RegisterFile(path, 4097, 777);

        Assert.Equal(777, region.Length);
        Assert.Equal(File.ReadAllBytes(path).AsSpan(4097, 777), region.Span);
        region.Span[0] ^= 0xff;
        Assert.Equal(region.Span[0], File.ReadAllBytes(path)[4097]);
    }

    [Fact]
    public void A_region_without_write_access_needs_no_write_permission_on_the_file()
    {
        string path = _files.File("file", 4096);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        using ConnectedPair pair = new(_daemon);

        using MemoryRegion region = pair.Right.Domain.RegisterFile(path, access: AccessFlags.RemoteRead);
        pair.Left.QueuePair.PostRead(1, pair.LeftBuffer.Slice(0, 4096), region.Remote);

        pair.Left.Next().EnsureSuccess();
        Assert.Equal(region.ReadOnlySpan, pair.LeftBuffer.GetSpan(0, 4096));
        Assert.Equal(region.GetReadOnlySpan(1, 9), region.ReadOnlyMemory.Span.Slice(1, 9));
        Assert.True(region.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => region.Span.Length);
        Assert.Throws<InvalidOperationException>(() => region.Memory.Length);
        Assert.Throws<InvalidOperationException>(() => region.GetSpan(0, 1).Length);
    }

    [Fact]
    public void A_region_says_whether_its_mapping_is_synchronous()
    {
        using End end = new(_daemon);

        // Temporary files and memory files are not on DAX memory: mmap(2) refuses MAP_SYNC for them.
        using MemoryRegion file = end.Domain.RegisterFile(_files.File("file", 4096));
        using MemoryRegion buffer = end.Domain.Allocate(4096);

        Assert.False(file.IsSync || buffer.IsSync);
        Assert.False(file.IsReadOnly || buffer.IsReadOnly);
    }

    [Fact]
    public void A_range_past_the_end_of_the_file_is_refused_and_the_daemon_says_why()
    {
        string path = _files.File("file", 4096);
        using End end = new(_daemon);

        RdmaException refusal = Assert.Throws<RdmaException>(() => end.Domain.RegisterFile(path, 0, 8192));

        Assert.Contains(path, refusal.Command, StringComparison.Ordinal);
        Assert.NotEmpty(refusal.Reason);
        Assert.Contains(refusal.Reason, refusal.Message, StringComparison.Ordinal);
        Assert.True(refusal.Errno > 0);
    }

    [Fact]
    public void Remote_writing_without_local_writing_is_refused()
    {
        using End end = new(_daemon);

        RdmaException refusal = Assert.Throws<RdmaException>(() => end.Domain.Allocate(4096, AccessFlags.RemoteWrite));

        Assert.Equal(errno.EINVAL, refusal.Errno);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_ordinary_exception()
    {
        using End end = new(_daemon);

        Assert.Throws<FileNotFoundException>(() => end.Domain.RegisterFile(_files.Path("none")));
        Assert.Throws<ArgumentOutOfRangeException>(() => end.Domain.RegisterFile(_files.File("empty", 0)));
    }

    [Fact]
    public void Access_outside_a_region_is_caught_before_it_happens()
    {
        using End end = new(_daemon);
        using MemoryRegion region = end.Domain.Allocate(100);

        Assert.Equal(100, region.Span.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Slice(50, 51));
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Slice(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => region.GetSpan(long.MaxValue, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => region.GetSpan(0, 101).Length);
    }

    [Fact]
    public void After_deregistration_peers_get_remote_access_errors()
    {
        using ConnectedPair pair = new(_daemon);
        RemoteMemory gone = pair.RightBuffer.Remote;

        pair.RightBuffer.Dispose();
        pair.Left.QueuePair.PostWrite(1, pair.LeftBuffer.Slice(0, 8), gone);

        Assert.Equal(CompletionStatus.RemoteAccessError, pair.Left.Next().Status);
    }

    [Fact]
    public void A_thousand_registrations_leave_no_descriptor_and_no_mapping_behind()
    {
        string path = _files.File("file", 1 << 16);
        using End end = new(_daemon);
        Register(end, path, 20);
        int descriptors = OpenDescriptors();
        int mappings = Mappings(path);

        Register(end, path, 1000);

        Assert.Equal(0, mappings);
        Assert.Equal(0, Mappings(path));
        Assert.Equal(0, Mappings("daxemu-buffer"));
        Assert.InRange(OpenDescriptors(), 0, descriptors + Margin);
    }

    [Fact]
    public void A_refused_registration_leaves_no_descriptor_and_no_mapping_behind()
    {
        string path = _files.File("file", 4096);
        using End end = new(_daemon);
        Assert.Throws<RdmaException>(() => end.Domain.RegisterFile(path, 0, 8192));
        int descriptors = OpenDescriptors();

        for (int i = 0; i < 100; i++)
        {
            Assert.Throws<RdmaException>(() => end.Domain.RegisterFile(path, 0, 8192));
        }

        Assert.Equal(0, Mappings(path));
        Assert.InRange(OpenDescriptors(), 0, descriptors + Margin);
    }

    private static void Register(End end, string path, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using MemoryRegion file = end.Domain.RegisterFile(path);
            using MemoryRegion buffer = end.Domain.Allocate(4096);
        }
    }

    // Client and daemon are one process here, so this counts both sides'. It may fall when what an earlier test left is collected.
    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private static int Mappings(string name) => File.ReadLines("/proc/self/maps").Count(m => m.Contains(name, StringComparison.Ordinal));

    private string Hash(string name) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(_files.Path(name))));
}
