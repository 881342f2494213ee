using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>Ten million bent commands by write(2). DAXEMU_FUZZ_COMMANDS chooses another number.</summary>
public sealed class CommandFuzzTests(ITestOutputHelper output)
{
    private static readonly long BentCommands = FuzzSetting.Of("DAXEMU_FUZZ_COMMANDS", otherwise: 10_000_000);

    // Of each command.
    private static readonly long LeastSuccesses = BentCommands / 10_000;

    [Fact]
    public void Ten_million_bent_commands_crash_nothing_leave_nothing_and_disturb_nobody()
    {
        Dictionary<string, long> succeeded = FuzzRun.Run(output, BentCommands, (number, run) => new FuzzedFile(number, run));

        FuzzSetting.CheckThatAllSucceed(
            output, succeeded, CommandShape.All.Select(s => s.Definition.Name), LeastSuccesses, nameof(CommandGenerator));
    }
}
