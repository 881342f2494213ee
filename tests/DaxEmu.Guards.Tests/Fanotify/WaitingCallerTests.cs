using System.Diagnostics;
using DaxEmu.Contract;
using DaxEmu.Guards.PreContent;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_falloc;

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

    [Fact]
    public void Callers_whose_memory_does_not_answer_hold_up_no_other_and_too_many_are_not_read()
    {
        Assert.Equal(0, FanotifyGroup.Open(out FanotifyGroup? group));
        using FanotifyGroup opened = group!;
        using OperationJudge judge = new(opened, new WaitingContract(), new RecordedEvents(), "volume");
        using ManualResetEventSlim answer = new();
        using CountdownEvent read = new(64);
        List<bool> more = [];
        for (int i = 0; i < 64; i++)
        {
            judge.Read(Event(), isReadable =>
            {
                answer.Wait(TimeSpan.FromSeconds(5));
                read.Signal();
            });
        }

        judge.Read(Event(), more.Add);
        answer.Set();
        read.Wait(TestContext.Current.CancellationToken);

        Assert.Equal([false], more);

        static PreContentEvent Event() => new(new SafeFileHandle(-1, ownsHandle: false), 0, IsOpen: false, HasOpened: false, 0, 0);
    }

    /// <summary>That a file cannot be so long is said when the guard has allowed it.</summary>
    [Theory]
    [InlineData(Libc.Page, 0, true)]
    [InlineData(1L << 60, -EFBIG, false)]
    public async Task Whether_an_allowed_operation_was_carried_out_is_seen(long length, int result, bool isCarriedOut)
    {
        using LoopFilesystem filesystem = new("ext4");
        WaitingContract contract = new();
        using Waiting rig = new(contract, filesystem.Path);
        using OpenedFile file = new(rig.File, Libc.O_RDWR);
        Task<int> collapse = Task.Run(() => Libc.Fallocate(file.Descriptor, FALLOC_FL_COLLAPSE_RANGE, 0, length));
        await contract.Asked;

        contract.Decide(LayoutVerdict.Proceed);

        Assert.Equal(result, await collapse);
        await contract.Ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(isCarriedOut, contract.CarriedOut);
    }

    /// <summary>It still shows the call that it has ended.</summary>
    [Fact]
    public async Task A_caller_that_a_signal_stopped_right_behind_its_operation_has_left_it()
    {
        WaitingContract contract = new();
        using Waiting rig = new(contract);
        using Process truncate = Process.Start("truncate", ["-s", "5", rig.File]);
        await contract.Asked;
        Command.Run("kill", "-STOP", $"{truncate.Id}").MustSucceed();

        contract.Decide(LayoutVerdict.Proceed);

        await contract.Ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(5, new FileInfo(rig.File).Length);
        truncate.Kill();
        await truncate.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>It is in the very same call again, as far as can be seen.</summary>
    [Fact]
    public async Task A_caller_that_asks_for_the_same_again_has_ended_what_it_was_at()
    {
        RepeatedContract contract = new();
        using Waiting rig = new(contract);
        using Process program = Process.Start("python3", ["-c", $"import os\nwhile True: os.truncate('{rig.File}',5)"]);

        await contract.FirstEnded.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        program.Kill();
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A listener can deny with few errnos only.</summary>
    [Theory]
    [InlineData(EPERM, EPERM)]
    [InlineData(EBUSY, EBUSY)]
    [InlineData(EAGAIN, EAGAIN)]
    [InlineData(EIO, EIO)]
    [InlineData(ETIMEDOUT, ETXTBSY)]
    public async Task Who_is_refused_gets_the_contracts_errno_where_the_kernel_can_give_it(int errno, int told)
    {
        WaitingContract contract = new();
        using Waiting rig = new(contract);
        Task<int> truncate = Task.Run(() => Libc.Truncate(rig.File, 5));
        await contract.Asked;

        contract.Decide(LayoutVerdict.Refuse, errno);

        Assert.Equal(-told, await truncate.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
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

        internal Waiting(IFileContract contract, string? within = null)
        {
            Directory = new(within, contract);
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
