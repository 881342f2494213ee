using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The ping-pong examples of libibverbs. Both ends check every byte.</summary>
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

    [Theory]
    [InlineData("ibv_uc_pingpong")]
    [InlineData("ibv_uc_pingpong", "-e")]
    [InlineData("ibv_uc_pingpong", "-s", "1")]
    [InlineData("ibv_uc_pingpong", "-s", "1048576", "-n", "50")]
    [InlineData("ibv_uc_pingpong", "-m", "256", "-e")]
    [InlineData("ibv_ud_pingpong")]
    [InlineData("ibv_ud_pingpong", "-e")]
    [InlineData("ibv_ud_pingpong", "-s", "1")]
    [InlineData("ibv_ud_pingpong", "-s", "4096", "-e")]
    public async Task Unreliable_messages_arrive_where_receives_wait(string program, params string[] arguments)
    {
        Machine.Require(program, "ibverbs-utils");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(program, ["-g", "3", "-c", "-n", "200", .. arguments]);

        Assert.Contains("iters in", server.Succeeded().Text, StringComparison.Ordinal);
        Assert.Contains("iters in", client.Succeeded().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("invalid data", server.Text + client.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("polls")]
    [InlineData("sleeps until a completion event", "-e")]
    [InlineData("with one queue pair", "-q", "1")]
    [InlineData("with 8 queue pairs and few receives", "-q", "8", "-r", "24", "-e")]
    public async Task Messages_of_many_queue_pairs_arrive_whole_in_shared_receives(string how, params string[] arguments)
    {
        Machine.Require("ibv_srq_pingpong", "ibverbs-utils");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(
            "ibv_srq_pingpong", ["-g", "3", "-c", "-n", "200", .. arguments]);

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
