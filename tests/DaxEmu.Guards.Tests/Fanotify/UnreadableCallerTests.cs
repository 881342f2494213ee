using System.Globalization;
using DaxEmu.Contract;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>Requests that a worker of io_uring carries out: its stack tells what it does, and not in which mode.</summary>
public sealed class UnreadableCallerTests : IDisposable
{
    private const string Mode = "0";
    private const string Punch = "3";
    private readonly string _directory = Directory.CreateTempSubdirectory("daxemu-ring-").FullName;

    public UnreadableCallerTests() => Command.Run(
        "cc", "-Wall", "-Wextra", "-Werror", "-o", Program, Path.Combine(AppContext.BaseDirectory, "Fanotify", "ring.c")).MustSucceed();

    private string Program => Path.Combine(_directory, "ring");

    [Theory]
    [InlineData(true, "read", null, 8192)]
    [InlineData(true, "read", "1", 8192)]
    [InlineData(true, "write", null, 8192)]
    [InlineData(true, "write", "1", 8192)]
    [InlineData(true, "ftruncate", "20481", -ETXTBSY)]
    [InlineData(false, "ftruncate", "20481", -ETXTBSY)]
    [InlineData(true, "ftruncate", "40960", 0)]
    [InlineData(true, "madvise", "0 20480 4096", -ETXTBSY)]
    [InlineData(false, "madvise", "0 20480 4096", -ETXTBSY)]
    [InlineData(true, "madvise", "0 40960 4096", 0)]
    [InlineData(true, "fallocate", Punch + " 20480 4096", -ETXTBSY)]
    [InlineData(false, "fallocate", Punch + " 20480 4096", 0)]
    [InlineData(true, "fallocate", Mode + " 0 4096", -ETXTBSY)]
    [InlineData(false, "fallocate", Mode + " 0 4096", 0)]
    [InlineData(true, "fallocate", Punch + " 40960 4096", 0)]
    [InlineData(true, "open", "512", -ETXTBSY)]
    [InlineData(true, "open", "0", -ETXTBSY)]
    public async Task A_ring_gets_the_answer_that_is_safe_for_what_can_be_told(bool isStrict, string operation, string? numbers, int result)
    {
        using GuardedDirectory directory = new(isStrict: isStrict);
        string file = directory.WriteFile("data");
        using PinnedPages pin = await directory.Pin(file, 4, 8);

        string[] arguments = [operation, file, .. numbers?.Split(' ') ?? []];
        string told = Command.Run(Program, arguments).MustSucceed().Output;

        Assert.Equal(result, int.Parse(told, CultureInfo.InvariantCulture));
        Assert.Equal(
            result == -ETXTBSY ? [operation switch { "ftruncate" => LayoutOperationKind.Truncate, "madvise" => LayoutOperationKind.PunchHole, _ => LayoutOperationKind.Unknown }] : [],
            directory.Journal.Of().OfType<LayoutDecided>().Select(e => e.Operation.Kind));
    }

    [Fact]
    public async Task A_ring_may_open_a_file_where_the_thread_that_asks_does_it_itself()
    {
        using GuardedDirectory directory = new();
        string file = directory.WriteFile("data");
        using PinnedPages pin = await directory.Pin(file, 4, 8);

        Assert.True(int.Parse(Command.Run(Program, "open", file, "0", "1").MustSucceed().Output, CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public async Task Trusting_lets_an_opening_pass_that_may_truncate()
    {
        using GuardedDirectory directory = new(isStrict: false);
        string file = directory.WriteFile("data");
        using PinnedPages pin = await directory.Pin(file, 4, 8);

        Assert.True(int.Parse(Command.Run(Program, "open", file, "513").MustSucceed().Output, CultureInfo.InvariantCulture) > 0);

        Assert.Equal(0, new FileInfo(file).Length);
        Assert.Contains(directory.Guard.Gaps, g => g.Contains("trusting", StringComparison.Ordinal));
    }

    /// <summary>On a filesystem that holds up whoever changes it, once he has passed the check.</summary>
    [Theory]
    [InlineData("ring")]
    [InlineData("program")]
    public async Task An_operation_that_may_proceed_is_in_flight_for_as_long_as_it_is_held_up(string caller)
    {
        using LoopFilesystem filesystem = new("ext4");
        WaitingContract contract = new();
        using GuardedDirectory directory = new(filesystem.Path, contract);
        string file = directory.WriteFile("data");
        FileIdentity identity = directory.Announce(file);
        using OpenedFile opened = new(file, Libc.O_RDWR);
        Task<int> cut = Task.Run(() => caller == "ring"
            ? int.Parse(Command.Run(Program, "ftruncate", file, "5").MustSucceed().Output, CultureInfo.InvariantCulture)
            : Libc.Ftruncate(opened.Descriptor, 5));
        LayoutOperation asked = await contract.Asked;
        Command.Run("fsfreeze", "--freeze", filesystem.Path).MustSucceed();
        try
        {
            contract.Decide(LayoutVerdict.Proceed);
            await Task.WhenAny(contract.Ended.Task, Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
            Assert.False(contract.Ended.Task.IsCompleted);
        }
        finally
        {
            Command.Run("fsfreeze", "--unfreeze", filesystem.Path).MustSucceed();
        }

        Assert.Equal(0, await cut);
        await contract.Ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(
            (LayoutOperationKind.Truncate, ByteRange.From(caller == "ring" ? 0ul : 5)), (asked.Kind, asked.Range));
        directory.Guard.OnUnpinned(identity);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
