using Xunit;

namespace DaxEmu.Conformance;

/// <summary>RLIMIT_MEMLOCK on a real process: programs/memory_kinds.c.</summary>
public sealed class LockedMemoryTests(LockingMachine machine) : IClassFixture<LockingMachine>
{
    [Fact]
    public async Task What_is_registered_counts_against_the_limit_but_for_CAP_IPC_LOCK()
    {
        string program = await machine.CompileAsync("memory_kinds");

        (await machine.RunAsync(program, "locked-memory", "")).Succeeded();
    }
}
