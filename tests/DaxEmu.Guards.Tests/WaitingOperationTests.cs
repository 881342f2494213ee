using System.Diagnostics;
using DaxEmu.Contract;
using Xunit;

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
}
