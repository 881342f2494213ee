using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>UCX's own benchmark. It says nothing of the data; the MPI program that runs over UCX does.</summary>
public sealed partial class UcxTests(Machine machine)
{
    private const string Program = "ucx_perftest";
    private const string Package = "ucx-utils";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    // UCX's names for rc_verbs with ud_verbs to connect it, and for ud_verbs alone.
    [Theory]
    [InlineData("rc_v", "tag_lat", "-s", "8", "-n", "1000")]
    [InlineData("rc_v", "tag_lat", "-s", "65536", "-n", "200", "-E", "sleep")]
    [InlineData("rc_v", "tag_bw", "-s", "4000000", "-n", "20")]
    [InlineData("rc_v", "tag_sync_lat", "-s", "1024", "-n", "200")]
    [InlineData("rc_v", "ucp_am_lat", "-s", "1024", "-n", "200")]
    [InlineData("rc_v", "ucp_am_bw", "-s", "100000", "-n", "200")]
    [InlineData("rc_v", "ucp_put_lat", "-s", "8", "-n", "200")]
    [InlineData("rc_v", "ucp_put_bw", "-s", "65536", "-n", "200")]
    [InlineData("rc_v", "ucp_get", "-s", "65536", "-n", "200")]
    [InlineData("rc_v", "ucp_fadd", "-s", "8", "-n", "200")]
    [InlineData("rc_v", "ucp_cswap", "-s", "8", "-n", "200")]
    [InlineData("rc_v", "stream_bw", "-s", "4096", "-n", "200")]
    [InlineData("ud_v", "tag_lat", "-s", "8", "-n", "200")]
    [InlineData("ud_v", "tag_lat", "-s", "1024", "-n", "200", "-E", "sleep")]
    [InlineData("ud_v", "tag_bw", "-s", "65536", "-n", "100")]
    [InlineData("ud_v", "ucp_am_lat", "-s", "1024", "-n", "200")]
    [InlineData("ud_v", "ucp_put_bw", "-s", "4096", "-n", "100")]
    [InlineData("ud_v", "ucp_get", "-s", "4096", "-n", "100")]
    public Task The_protocol_layer_runs_over(string transport, string test, params string[] arguments) =>
        RunAsync([$"UCX_TLS={transport},self", "UCX_NET_DEVICES=rxe0:1"], ["-t", test, .. arguments]);

    [Theory]
    [InlineData("rc_verbs", "am_lat", "-s", "8")]
    [InlineData("rc_verbs", "am_bw", "-D", "bcopy", "-s", "2048")]
    [InlineData("rc_verbs", "am_bw", "-D", "zcopy", "-s", "2048")]
    [InlineData("rc_verbs", "put_lat", "-s", "8")]
    [InlineData("rc_verbs", "put_bw", "-D", "zcopy", "-s", "65536")]
    [InlineData("rc_verbs", "get", "-D", "bcopy", "-s", "1024")]
    [InlineData("rc_verbs", "get", "-D", "zcopy", "-s", "65536")]
    [InlineData("rc_verbs", "fadd", "-s", "8")]
    [InlineData("rc_verbs", "cswap", "-s", "8")]
    [InlineData("ud_verbs", "am_lat", "-s", "8")]
    [InlineData("ud_verbs", "am_bw", "-D", "bcopy", "-s", "2048")]
    [InlineData("ud_verbs", "am_bw", "-D", "zcopy", "-s", "2048")]
    public Task The_transport_layer_runs_over(string transport, string test, params string[] arguments) =>
        RunAsync([], ["-d", "rxe0:1", "-x", transport, "-t", test, "-n", "200", .. arguments]);

    [Theory]
    [InlineData("rc_verbs")]
    [InlineData("ud_verbs")]
    public async Task The_device_is_offered_for(string transport)
    {
        Machine.Require("ucx_info", Package);

        ProgramResult info = (await machine.RunAsync("ucx_info", "-d")).Succeeded();

        Assert.Matches($@"Transport: {transport}\s+#\s+Device: rxe0:1", info.Text);
        Assert.DoesNotContain("ERROR", info.Text, StringComparison.Ordinal);
    }

    private async Task RunAsync(string[] settings, string[] arguments)
    {
        Machine.Require(Program, Package);
        int port = TcpPort.Unused();
        string[] both = [.. settings, Program, "-p", $"{port}", "-w", "20", "-f", .. arguments];
        RunningProgram serving = machine.Start("env", both);

        (ProgramResult server, ProgramResult client) = await ProgramPair.RunAsync(
            serving, TcpPort.WaitUntilListeningAsync(port, serving, Patience), () => machine.Start("env", [.. both, "127.0.0.1"]), Patience);

        server.Succeeded();
        Assert.Matches(Row(), client.Succeeded().Text);
        Assert.DoesNotContain(" ERROR ", server.Text + client.Text, StringComparison.Ordinal);
    }

    // Iterations, then times, bandwidths and rates.
    [GeneratedRegex(@"^ +\d+( +[\d.]+){7}", RegexOptions.Multiline)]
    private static partial Regex Row();
}
