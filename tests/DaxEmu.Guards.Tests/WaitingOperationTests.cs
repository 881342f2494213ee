using System.Diagnostics;
using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests;

/// <summary>An operation that waits for the contract holds up its caller, nobody else, and can be given up.</summary>
public sealed class WaitingOperationTests
{
    [Fact]
    public async Task A_waiting_truncate_goes_ahead_when_the_contract_lets_it_and_others_work_meanwhile()
    {
        WaitingContract contract = new();
        using MountedVolume volume = new(contract: contract);
        string file = volume.WriteBackingFile("data");
        Task<Command>[] waiting = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(() => Command.Run("truncate", "-s", "5", file)))];
        LayoutOperation asked = await contract.Asked;

        Command.Shell($"cd {volume.Mount}; mkdir d; echo x > d/f; cat d/f; ls -l").MustSucceed();
        Assert.Equal(16 * Libc.Page, new FileInfo(file).Length);
        contract.Decide(LayoutVerdict.Proceed);

        foreach (Task<Command> one in waiting)
        {
            (await one).MustSucceed();
        }

        await contract.Ended.Task;
        Assert.Equal(("truncate", LayoutOperationKind.Truncate), (asked.Requester.Command, asked.Kind));
        Assert.Equal(5, new FileInfo(file).Length);
    }

    [Fact]
    public async Task A_waiting_truncate_is_given_up_when_its_caller_is_interrupted()
    {
        WaitingContract contract = new();
        using MountedVolume volume = new(contract: contract);
        string file = volume.WriteBackingFile("data");
        using Process truncate = Process.Start("truncate", ["-s", "5", file]);
        LayoutOperation asked = await contract.Asked;

        Assert.Equal(truncate.Id, asked.Requester.ProcessId);
        Command.Run("kill", "-INT", $"{truncate.Id}").MustSucceed();
        await truncate.WaitForExitAsync(TestContext.Current.CancellationToken);
        await contract.Ended.Task;

        Assert.Equal(128 + 2, truncate.ExitCode);
        Assert.Equal(16 * Libc.Page, new FileInfo(file).Length);
    }

    [Fact]
    public async Task A_waiting_truncate_fails_with_EIO_when_the_contract_does()
    {
        WaitingContract contract = new();
        using MountedVolume volume = new(contract: contract);
        string file = volume.WriteBackingFile("data");
        Task<int> truncate = Task.Run(() => Libc.Truncate(file, 5));
        await contract.Asked;

        contract.Fail(new TimeoutException("the one who decides is gone"));

        Assert.Equal(-EIO, await truncate.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Contains("the one who decides is gone", Assert.Single(volume.Events.Warnings), StringComparison.Ordinal);
        volume.Events.Warnings.Clear();
    }

    [Fact]
    public async Task A_waiting_punch_through_a_mapping_fails_with_EIO_when_the_contract_does()
    {
        WaitingContract contract = new();
        using MountedVolume volume = new(contract: contract);
        Assert.SkipWhen(
            volume.Guard.Gaps.Any(g => g.Contains("no pre-content events", StringComparison.Ordinal)), "no pre-content events here");
        using MappedFile file = new(volume.WriteBackingFile("data"), 16);
        using SafeFileHandle descriptor = File.OpenHandle(volume.On("data"), FileMode.Open, FileAccess.ReadWrite);
        Assert.True(volume.Guard.TryResolveBacking(descriptor, out BackingFile? backing));
        using (backing)
        {
            Assert.True(volume.Guard.OnPinned(backing.Identity));
            Task<int> punch = Task.Run(() => file.Remove(page: 4));
            await contract.Asked;

            contract.Fail(new TimeoutException("the one who decides is gone"));

            Assert.Equal(-EIO, await punch.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            volume.Guard.OnUnpinned(backing.Identity);
        }

        Assert.Contains("the one who decides is gone", Assert.Single(volume.Events.Warnings), StringComparison.Ordinal);
        volume.Events.Warnings.Clear();
    }

    [Fact]
    public async Task Two_hundred_waiting_truncates_hold_up_nobody_else_and_all_get_their_answer()
    {
        WaitingContract contract = new();
        using MountedVolume volume = new(contract: contract);
        string[] files = [.. Enumerable.Range(0, 200).Select(i => volume.WriteBackingFile($"data{i}", 1))];
        int[] answers = new int[files.Length];
        Thread[] callers = [.. files.Select((f, i) => new Thread(() => answers[i] = Libc.Truncate(f, 5)))];
        Array.ForEach(callers, c => c.Start());
        while (contract.Requests < files.Length)
        {
            await Task.Yield();
        }

        Command.Shell($"cd {volume.Mount}; mkdir d; echo x > d/f; cat d/f; ls -l > d/list; rm -r d").MustSucceed();
        Assert.All(files, f => Assert.Equal(Libc.Page, new FileInfo(f).Length));
        contract.Decide(LayoutVerdict.Refuse, ETXTBSY);
        Array.ForEach(callers, c => c.Join());

        Assert.All(answers, a => Assert.Equal(-ETXTBSY, a));
        Assert.All(files, f => Assert.Equal(Libc.Page, new FileInfo(f).Length));
    }

    [Fact]
    public async Task A_serving_thread_that_is_slow_holds_up_its_own_caller_only()
    {
        WaitingContract contract = new() { BlocksTheThread = true };
        using MountedVolume volume = new(contract: contract);
        string file = volume.WriteBackingFile("data");
        Task<int> truncate = Task.Run(() => Libc.Truncate(file, 5));
        await contract.Asked;

        Command.Shell($"cd {volume.Mount}; mkdir d; echo x > d/f; cat d/f; ls -l > d/list; rm -r d").MustSucceed();
        Assert.False(truncate.IsCompleted);
        contract.Decide(LayoutVerdict.Refuse, ETXTBSY);

        Assert.Equal(-ETXTBSY, await truncate);
    }

    /// <summary>Timers of many programs send signals all the time: no file system fails a truncate for one.</summary>
    [Fact]
    public void A_truncate_that_need_not_wait_is_not_interrupted_by_signals()
    {
        using MountedVolume volume = new();
        string file = volume.WriteFile("data");

        Command.Run(
            "perl", "-MTime::HiRes=setitimer,ITIMER_REAL", "-MPOSIX", "-e",
            "POSIX::sigaction(SIGALRM, POSIX::SigAction->new(sub {}, POSIX::SigSet->new, 0)); setitimer(ITIMER_REAL, 0.0003, 0.0003); "
                + "for (1 .. 3000) { truncate($ARGV[0], $_ % 9 * 1000) or die qq($_: $!) }",
            file).MustSucceed();
    }

    [Fact]
    public async Task Unmounting_ends_the_waiting()
    {
        WaitingContract contract = new();
        using MountedVolume volume = new(contract: contract);
        string file = volume.WriteBackingFile("data");
        Task<Command> truncate = Task.Run(() => Command.Run("truncate", "-s", "5", file));
        await contract.Asked;

        volume.Guard.Dispose();

        Assert.NotEqual(0, (await truncate).ExitCode);
        await contract.Ended.Task;
        volume.Events.Warnings.Clear();
    }

    [Fact]
    public async Task What_is_carried_out_while_the_guard_ends_is_not_reported_as_failed()
    {
        WaitingContract contract = new() { WhenInterrupted = LayoutVerdict.Proceed };
        using MountedVolume volume = new(contract: contract);
        string file = volume.WriteBackingFile("data");
        // By path: truncate(1) also closes a descriptor, which an unmount that comes first makes fail.
        Task<int> truncate = Task.Run(() => Libc.Truncate(file, 5));
        await contract.Asked;

        volume.Guard.Dispose();

        Assert.Equal(0, await truncate);
        Assert.Equal(5, new FileInfo(Path.Combine(volume.Backing, "data")).Length);
        volume.Events.Warnings.Clear();
    }
}
