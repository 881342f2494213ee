using System.Diagnostics;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Processes;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Tests.Processes;

public sealed class ProcessTests
{
    private const int SIGKILL = 9;

    [Fact]
    public void A_process_has_a_command_and_a_start_time()
    {
        using Process sleeping = Process.Start("sleep", "1000");

        Assert.Equal("sleep", ProcessStatus.CommandOf(sleeping.Id));
        Assert.NotEqual(0ul, ProcessStatus.StartTimeOf(sleeping.Id));
        sleeping.Kill();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_process_that_is_not_there_has_neither(int processId)
    {
        Assert.Equal("", ProcessStatus.CommandOf(processId));
        Assert.Equal(0ul, ProcessStatus.StartTimeOf(processId));
    }

    [Fact]
    public void A_user_may_signal_its_own_programs_and_root_all()
    {
        uint own = UserRuntimeDirectory.CurrentUser;

        Assert.True(ProcessStatus.MayBeSignalledBy(Environment.ProcessId, own));
        Assert.True(ProcessStatus.MayBeSignalledBy(Environment.ProcessId, 0));
        Assert.False(ProcessStatus.MayBeSignalledBy(Environment.ProcessId, own + 12345));
        Assert.False(ProcessStatus.MayBeSignalledBy(int.MaxValue, own + 12345));
    }

    [Fact]
    public void A_pid_descriptor_kills_and_sees_the_end()
    {
        using Process sleeping = Process.Start("sleep", "1000");
        using PidDescriptor held = PidDescriptor.Open(sleeping.Id);
        Assert.False(held.HasExited);

        held.Send(SIGKILL);
        sleeping.WaitForExit();

        Assert.True(held.HasExited);
    }

    [Fact]
    public void A_thread_that_is_about_to_block_is_waited_for()
    {
        const string Script = "import sys,time\nprint(flush=True)\nend=time.monotonic()+.1\nwhile time.monotonic()<end: pass\nsys.stdin.read()";
        using Process busy = Process.Start(new ProcessStartInfo("python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        busy.StandardOutput.ReadLine();

        Assert.Equal(SystemCall.Transfer, BlockedSystemCall.OfBlocking(busy.Id).Call);
        busy.Kill();
    }

    [Fact]
    public void Holding_a_process_that_is_not_there_is_ESRCH()
    {
        Assert.Equal(ESRCH, Assert.Throws<LinuxException>(() => PidDescriptor.Open(int.MaxValue)).Errno);
    }
}
