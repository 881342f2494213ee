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

    [Fact]
    public async Task A_truncate_by_a_ring_that_may_proceed_is_in_flight_until_the_worker_has_left_it()
    {
        WaitingContract contract = new();
        using GuardedDirectory directory = new(contract: contract);
        string file = directory.WriteFile("data");
        FileIdentity identity = directory.Announce(file);
        Task<Command> ring = Task.Run(() => Command.Run(Program, "ftruncate", file, "5"));
        LayoutOperation asked = await contract.Asked;
        contract.Decide(LayoutVerdict.Proceed);

        Assert.Equal("0\n", (await ring).MustSucceed().Output);
        await contract.Ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal((LayoutOperationKind.Truncate, ByteRange.From(0)), (asked.Kind, asked.Range));
        directory.Guard.OnUnpinned(identity);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
