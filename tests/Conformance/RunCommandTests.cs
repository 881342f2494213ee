using Xunit;

namespace DaxEmu.Conformance;

/// <summary><c>daxemu run</c>.</summary>
public sealed class RunCommandTests(Machine machine)
{
    private static readonly Dictionary<string, string> NoDaemon = new() { ["XDG_RUNTIME_DIR"] = "/nonexistent" };

    [Fact]
    public async Task A_program_runs_on_the_daemon_that_is_named()
    {
        Machine.Require("ibv_devices", "ibverbs-utils");

        ProgramResult devices = await RunAsync("run", "--socket", machine.Runtime, "--", "ibv_devices");

        Assert.Contains("rxe0", devices.Succeeded().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_daemon_one_runs_as_long_as_the_program()
    {
        Machine.Require("ibv_devices", "ibverbs-utils");

        ProgramResult devices = await RunAsync("run", "--", "sh", "-c", "ibv_devices; echo \"socket: $DAXEMU_SOCKET\"");

        Assert.Contains("rxe0", devices.Succeeded().Text, StringComparison.Ordinal);
        string socket = devices.Text.Split("socket: ")[1].Trim();
        Assert.False(File.Exists(socket));
        Assert.False(Directory.Exists(Path.GetDirectoryName(socket)));
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("kill -9 $$", 137)]
    public async Task It_returns_what_the_program_returns(string script, int expected)
    {
        ProgramResult result = await RunAsync("run", "--socket", machine.Runtime, "--", "sh", "-c", script);

        Assert.Equal(expected, result.ExitStatus);
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_127()
    {
        ProgramResult result = await RunAsync("run", "--socket", machine.Runtime, "--", "/no/such/program");

        Assert.Equal(127, result.ExitStatus);
    }

    [Fact]
    public async Task A_named_daemon_that_does_not_answer_is_not_replaced_by_another()
    {
        ProgramResult result = await RunAsync("run", "--socket", Path.Combine(machine.Files, "nobody"), "--", "true");

        Assert.Equal(3, result.ExitStatus);
    }

    private static async Task<ProgramResult> RunAsync(params string[] arguments)
    {
        using RunningProgram running = RunningProgram.Start(Machine.Command, arguments, NoDaemon);
        return new(running.CommandLine, await running.EndAsync(TimeSpan.FromSeconds(60)), running.Text);
    }
}
