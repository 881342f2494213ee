using DaxEmu.Contract;
using Xunit;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>Programs that read, write and map a pinned file get what they would get without a guard.</summary>
public sealed class TrafficTests(Filesystems filesystems) : IClassFixture<Filesystems>
{
    private const int Pages = 64;
    private const int Length = Pages * Libc.Page;

    [Fact]
    public async Task Reading_writing_growing_mapping_and_executing_a_pinned_file_go_on()
    {
        using GuardedDirectory directory = new();
        string file = directory.WriteFile("data");
        using PinnedPages pin = await directory.Pin(file, 0, 16);

        Command.Run("dd", "if=/dev/zero", $"of={file}", "bs=4096", "seek=4", "count=2", "conv=notrunc").MustSucceed();
        Command.Run("truncate", "-s", $"{32 * Libc.Page}", file).MustSucceed();
        Command.Run("fallocate", "-l", $"{64 * Libc.Page}", file).MustSucceed();
        Command.Shell($"exec 3>>{file}; echo more >&3; flock {file} true; mv {file} {file}2; mv {file}2 {file}").MustSucceed();
        using (MappedFile mapped = new(file, 16))
        {
            mapped.Bytes[7 * Libc.Page] = (byte)'!';
        }

        byte[] bytes = File.ReadAllBytes(file);
        Assert.Equal((64 * Libc.Page) + 5, bytes.Length);
        Assert.Equal((0, (byte)'g', (byte)'!'), (bytes[4 * Libc.Page], bytes[6 * Libc.Page], bytes[7 * Libc.Page]));

        string script = Path.Combine(directory.Path, "script");
        File.WriteAllText(script, "#!/bin/sh\necho ran\n".PadRight(Libc.Page, '\n'));
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using PinnedPages ofScript = await directory.Pin(script, 0, 1);
        Assert.Equal("ran\n", Command.Run(script).MustSucceed().Output);
        Assert.DoesNotContain(directory.Journal.Of(), e => e is LayoutDecided);
    }

    /// <summary>As fsx does: random operations against a model, while the file is pinned and unpinned under them.</summary>
    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task Random_reads_and_writes_agree_with_a_model_while_pins_come_and_go(string filesystem)
    {
        using GuardedDirectory directory = new(filesystems.On(filesystem));
        string path = directory.WriteFile("data", Pages);
        byte[] model = File.ReadAllBytes(path);
        int seed = Random.Shared.Next();
        Random random = new(seed);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task<int> pinning = Task.Run(() => PinByTurnsAsync(directory, path, enough.Token));
        using (FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0))
        using (MappedFile mapped = new(path, Pages))
        {
            for (int i = 0; i < 4000; i++)
            {
                int offset = random.Next(Length);
                int length = 1 + random.Next(Math.Min(Length - offset, 3 * Libc.Page));
                Span<byte> expected = model.AsSpan(offset, length);
                byte[] bytes = new byte[length];
                switch (random.Next(4))
                {
                    case 0:
                        Assert.Equal(length, RandomAccess.Read(file.SafeFileHandle, bytes, offset));
                        Assert.True(expected.SequenceEqual(bytes), $"read of {length} at {offset}, seed {seed}");
                        break;
                    case 1:
                        random.NextBytes(bytes);
                        bytes.CopyTo(expected);
                        RandomAccess.Write(file.SafeFileHandle, bytes, offset);
                        break;
                    case 2:
                        Assert.True(expected.SequenceEqual(mapped.Bytes.Slice(offset, length)), $"load of {length} at {offset}, seed {seed}");
                        break;
                    default:
                        random.NextBytes(bytes);
                        bytes.CopyTo(expected);
                        bytes.CopyTo(mapped.Bytes.Slice(offset, length));
                        break;
                }
            }
        }

        await enough.CancelAsync();
        Assert.True(await pinning > 0, "inconclusive: it was never pinned");
        Assert.Equal(model, File.ReadAllBytes(path));
    }

    // How often it was pinned.
    private static async Task<int> PinByTurnsAsync(GuardedDirectory directory, string path, CancellationToken enough)
    {
        int count = 0;
        while (!enough.IsCancellationRequested)
        {
            using PinnedPages pin = await directory.Pin(path, 8, 40);
            Assert.NotEqual(0, Command.Run("truncate", "-s", "0", path).ExitCode);
            count++;
        }

        return count;
    }
}
