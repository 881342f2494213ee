using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>qperf. It names its peer by LID alone, unless librdmacm does it for it, which it offers for RC only.</summary>
public sealed partial class QperfTests(Machine machine)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("rc_bw", "-t", "1")]
    [InlineData("rc_bw", "-t", "1", "-m", "1M", "-ar1")]
    [InlineData("rc_bi_bw", "-t", "1", "-ar1")]
    [InlineData("rc_lat", "-t", "1")]
    [InlineData("rc_lat", "-t", "1", "-m", "64K", "-cp1")]
    [InlineData("rc_rdma_read_bw", "-t", "1")]
    [InlineData("rc_rdma_read_lat", "-t", "1", "-cp1")]
    [InlineData("rc_rdma_write_bw", "-t", "1")]
    [InlineData("rc_rdma_write_lat", "-t", "1")]
    [InlineData("rc_rdma_write_poll_lat", "-t", "1")]
    [InlineData("rc_compare_swap_mr", "-t", "1")]
    [InlineData("rc_fetch_add_mr", "-t", "1")]
    [InlineData("ver_rc_compare_swap", "-t", "1")]
    [InlineData("ver_rc_fetch_add", "-t", "1")]
    public async Task A_reliable_test_connected_by_librdmacm_measures_something(string test, params string[] arguments)
    {
        (ProgramResult server, ProgramResult client) = await RunAsync([.. arguments, "-cm1", test]);

        client.Succeeded();
        server.Succeeded();
        Assert.Matches(Measured(), client.Text);
        Assert.DoesNotContain("mismatch", client.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rc_bw", "failed to modify QP to RTR")]
    [InlineData("rc_rdma_write_lat", "failed to modify QP to RTR")]
    [InlineData("uc_bw", "failed to modify QP to RTR")]
    [InlineData("uc_lat", "failed to modify QP to RTR")]
    [InlineData("uc_rdma_write_bw", "failed to modify QP to RTR")]
    [InlineData("ud_bw", "failed to create address handle")]
    [InlineData("ud_bi_bw", "failed to create address handle")]
    [InlineData("ud_lat", "failed to create address handle")]
    public async Task A_peer_named_without_a_global_route_is_refused_as_RoCE_refuses_it(string test, string message)
    {
        (ProgramResult server, ProgramResult client) = await RunAsync(["-t", "1", test]);

        server.Succeeded();
        Assert.NotEqual(0, client.ExitStatus);
        Assert.Contains($"{message}: Invalid argument", client.Text + server.Text, StringComparison.Ordinal);
        Assert.Contains("RoCE needs a global route", client.Text + server.Text, StringComparison.Ordinal);
    }

    // The server serves until it is told to quit.
    private async Task<(ProgramResult Server, ProgramResult Client)> RunAsync(string[] arguments)
    {
        Machine.Require("qperf", "qperf");
        int port = TcpPort.Unused();
        using RunningProgram server = machine.Start("qperf", "-lp", $"{port}");
        await TcpPort.WaitUntilListeningAsync(port, server, Patience);
        string[] both = ["127.0.0.1", "-lp", $"{port}", "-to", "60"];
        ProgramResult client = await machine.RunAsync("qperf", [.. both, .. arguments]);
        (await machine.RunAsync("qperf", [.. both, "quit"])).Succeeded();
        int served = await server.EndAsync(Patience);
        return (new(server.CommandLine, served, server.Text), client);
    }

    [GeneratedRegex(@"^ +(bw|latency|msg_rate) += +[\d.]*[1-9]", RegexOptions.Multiline)]
    private static partial Regex Measured();
}
