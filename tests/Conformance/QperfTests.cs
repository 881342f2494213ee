using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>qperf. It names its peer by LID alone, unless librdmacm does it for it, which it offers for RC only.</summary>
public sealed partial class QperfTests(Machine machine)
{
    private const string Refusal = "RoCE needs a global route: ah_attr.is_global is not set: Invalid argument";

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
        (RunningProgram running, string[] both) = await StartServerAsync();
        using RunningProgram server = running;
        ProgramResult client = await machine.RunAsync("qperf", [.. both, .. arguments, "-cm1", test]);
        (await machine.RunAsync("qperf", [.. both, "quit"])).Succeeded();
        int served = await server.EndAsync(Patience);

        client.Succeeded();
        new ProgramResult(server.CommandLine, served, server.Text).Succeeded();
        Assert.Matches(Measured(), client.Text);
        Assert.DoesNotContain("mismatch", client.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rc_bw")]
    [InlineData("rc_rdma_write_lat")]
    [InlineData("uc_bw")]
    [InlineData("uc_lat")]
    [InlineData("uc_rdma_write_bw")]
    [InlineData("ud_bw")]
    [InlineData("ud_bi_bw")]
    [InlineData("ud_lat")]
    public async Task A_peer_named_without_a_global_route_is_refused_as_RoCE_refuses_it(string test)
    {
        (RunningProgram running, string[] both) = await StartServerAsync();
        using RunningProgram server = running;

        // Neither is waited for: where both sides end at once, qperf calls exit() in the handler of SIGURG while it is in exit(), which then
        // waits for its own lock for ever; and what it said itself is lost. The word of the device is not.
        using RunningProgram client = machine.Start("qperf", [.. both, "-t", "1", test]);
        if (!await client.SaysBeforeItEndsAsync(Refusal, Patience))
        {
            await client.EndAsync(Patience);
            if (!client.Text.Contains(Refusal, StringComparison.Ordinal))
            {
                await server.WaitForTextAsync(Refusal, Patience);
            }
        }

        Assert.DoesNotMatch(Measured(), client.Text);
    }

    // The server serves until it is told to quit.
    private async Task<(RunningProgram Server, string[] Both)> StartServerAsync()
    {
        Machine.Require("qperf", "qperf");
        int port = TcpPort.Unused();
        RunningProgram server = machine.Start("qperf", "-lp", $"{port}");
        await TcpPort.WaitUntilListeningAsync(port, server, Patience);
        return (server, ["127.0.0.1", "-lp", $"{port}", "-to", "60"]);
    }

    [GeneratedRegex(@"^ +(bw|latency|msg_rate) += +[\d.]*[1-9]", RegexOptions.Multiline)]
    private static partial Regex Measured();
}
