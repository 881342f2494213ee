using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The ping-pong example of libibverbs over a reliable connection. Both ends check every byte.</summary>
public sealed class PingPongTests(Machine machine)
{
    [Theory]
    [InlineData("polls")]
    [InlineData("sleeps until a completion event", "-e")]
    [InlineData("one byte at a time", "-s", "1")]
    [InlineData("a megabyte at a time", "-s", "1048576", "-n", "50")]
    [InlineData("with the smallest MTU", "-m", "256", "-e")]
    [InlineData("with one receive posted", "-r", "1", "-e")]
    public async Task Messages_arrive_whole(string how, params string[] arguments)
    {
        Machine.Require("ibv_rc_pingpong", "ibverbs-utils");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(
            "ibv_rc_pingpong", ["-g", "3", "-c", "-n", "200", .. arguments]);

        Assert.NotEmpty(how);
        Assert.Contains("iters in", server.Succeeded().Text, StringComparison.Ordinal);
        Assert.Contains("iters in", client.Succeeded().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("invalid data", server.Text + client.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_GID_the_connection_is_refused_as_RoCE_refuses_it()
    {
        Machine.Require("ibv_rc_pingpong", "ibverbs-utils");
        int port = TcpPort.Unused();
        using RunningProgram server = machine.Start("ibv_rc_pingpong", "-p", $"{port}");
        await TcpPort.WaitUntilListeningAsync(port, server, TimeSpan.FromSeconds(30));

        ProgramResult client = await machine.RunAsync("ibv_rc_pingpong", "-p", $"{port}", "localhost");

        Assert.Equal(1, client.ExitStatus);
        Assert.Contains("Failed to modify QP to RTR", client.Text + server.Text, StringComparison.Ordinal);
    }
}
