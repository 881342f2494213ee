using System.Diagnostics;
using DaxEmu.Contract;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>An operation that waits for the contract holds up its caller, nobody else, and ends with it.</summary>
public sealed class WaitingCallerTests
{
    [Fact]
    public async Task A_waiting_truncate_goes_ahead_when_the_contract_lets_it_and_others_work_meanwhile()
    {
        WaitingContract contract = new();
        using Waiting rig = new(contract);
        Task<Command>[] waiting = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(() => Command.Run("truncate", "-s", "5", rig.File)))];
        LayoutOperation asked = await contract.Asked;

        Assert.Equal(16 * Libc.Page, Command.Run("cat", rig.File).MustSucceed().Output.Length);
        contract.Decide(LayoutVerdict.Proceed);

        foreach (Task<Command> one in waiting)
        {
            (await one).MustSucceed();
        }

        await contract.Ended.Task;
        Assert.Equal(("truncate", LayoutOperationKind.Truncate), (asked.Requester.Command, asked.Kind));
        Assert.Equal(5, new FileInfo(rig.File).Length);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("KILL")]
    public async Task A_waiting_truncate_is_given_up_when_its_caller_is_killed(string signal)
    {
        WaitingContract contract = new();
        using Waiting rig = new(contract);
        using Process truncate = Process.Start("truncate", ["-s", "5", rig.File]);
        LayoutOperation asked = await contract.Asked;
        Assert.Equal(truncate.Id, asked.Requester.ProcessId);

        Command.Run("kill", $"-{signal}", $"{truncate.Id}").MustSucceed();
        await truncate.WaitForExitAsync(TestContext.Current.CancellationToken);
        await contract.Ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(16 * Libc.Page, new FileInfo(rig.File).Length);
    }

    [Fact]
    public async Task A_waiting_truncate_fails_with_EIO_when_the_contract_does()
    {
        WaitingContract contract = new();
        using Waiting rig = new(contract);
        Task<int> truncate = Task.Run(() => Libc.Truncate(rig.File, 5));
        await contract.Asked;

        contract.Fail(new TimeoutException("the one who decides is gone"));

        Assert.Equal(-EIO, await truncate.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Contains("the one who decides is gone", Assert.Single(rig.Directory.Events.Warnings), StringComparison.Ordinal);
        rig.Directory.Events.Warnings.Clear();
    }

    [Theory]
    [InlineData(LayoutVerdict.Refuse, -ETXTBSY, 16 * Libc.Page)]
    [InlineData(LayoutVerdict.Proceed, 0, 5)]
    internal async Task Who_waits_gets_an_answer_before_the_guard_ends(LayoutVerdict verdict, int result, long length)
    {
        WaitingContract contract = new() { WhenInterrupted = verdict };
        using Waiting rig = new(contract);
        Task<int> truncate = Task.Run(() => Libc.Truncate(rig.File, 5));
        await contract.Asked;

        rig.Directory.Guard.Dispose();

        Assert.Equal(result, await truncate);
        Assert.Equal(length, new FileInfo(rig.File).Length);
        Assert.Equal(0, Libc.Truncate(rig.File, 0));
    }

    [Fact]
    public async Task An_operation_is_in_flight_until_its_caller_has_left_it_whatever_it_does_next()
    {
        foreach (string next in new[] { "exit", "spin", "sleep", "read" })
        {
            WaitingContract contract = new();
            using Waiting rig = new(contract);
            using Process program = Process.Start(
                "python3",
                ["-c", $"import os,time,sys\nos.truncate('{rig.File}',5)\nsys.stdout.flush()\nwhile '{next}'=='spin': pass\nwhile '{next}'=='sleep': time.sleep(9)\nwhile '{next}'=='read': open('{rig.File}').read()"]);
            await contract.Asked;
            Assert.False(contract.Ended.Task.IsCompleted);

            contract.Decide(LayoutVerdict.Proceed);

            await contract.Ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Equal(5, new FileInfo(rig.File).Length);
            program.Kill();
            await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private sealed class Waiting : IDisposable
    {
        private readonly FileIdentity _identity;

        internal Waiting(WaitingContract contract)
        {
            Directory = new(contract: contract);
            File = Directory.WriteFile("data");
            _identity = Directory.Announce(File);
        }

        internal GuardedDirectory Directory { get; }

        internal string File { get; }

        public void Dispose()
        {
            Directory.Guard.OnUnpinned(_identity);
            Directory.Dispose();
        }
    }
}
