using DaxEmu.Linux.Processes;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Tests.Processes;

public sealed class SpawnedProgramTests
{
    [Fact]
    public void A_program_tells_its_status_and_what_it_complained_of()
    {
        SpawnedProgram run = SpawnedProgram.Run("sh", ["-c", "echo $GREETING >&2; cat; exit 7"], ["GREETING=hello"], null);

        Assert.Equal(new SpawnedProgram(7, "hello\n"), run);
    }

    [Fact]
    public void A_program_that_a_signal_ends_has_the_status_that_a_shell_would_give_it()
    {
        Assert.Equal(128 + 15, SpawnedProgram.Run("sh", ["-c", "kill $$"], [], null).ExitStatus);
    }

    [Fact]
    public void A_program_that_is_not_there_is_ENOENT()
    {
        LinuxException failed = Assert.Throws<LinuxException>(() => SpawnedProgram.Run("no-such-program", [], [], null));
        Assert.Equal((ENOENT, "posix_spawn(\"no-such-program\")"), (failed.Errno, failed.Call));
    }

    [Fact]
    public void A_program_has_the_descriptor_it_was_given_and_no_other_of_this_process()
    {
        using SafeFileHandle passed = File.OpenHandle(Environment.ProcessPath!);
        using SafeFileHandle kept = File.OpenHandle("/proc/self/status");

        SpawnedProgram run = SpawnedProgram.Run("sh", ["-c", "for d in /proc/$$/fd/*; do echo ${d##*/} $(readlink $d); done >&2"], ["PATH=/bin:/usr/bin"], passed);

        Assert.Contains($"{SpawnedProgram.PassedDescriptor} {Environment.ProcessPath}\n", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("/status", run.Errors, StringComparison.Ordinal);
    }
}
