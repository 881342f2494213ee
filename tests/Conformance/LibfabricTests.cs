using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>libfabric's verbs provider, by its own pingpong program, whose both ends check the data.</summary>
public sealed partial class LibfabricTests(Machine machine)
{
    private const string Package = "libfabric-bin";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("verbs", "msg", "1m")]
    [InlineData("verbs", "msg", "1m", "-S", "1048576", "-I", "100")]
    [InlineData("verbs", "dgram", "4k")]
    [InlineData("verbs;ofi_rxm", "rdm", "1m")]
    [InlineData("verbs;ofi_rxm", "rdm", "1m", "-m", "tagged")]
    public async Task Pingpong_checks_what_comes_back(string provider, string endpoint, string largest, params string[] arguments)
    {
        Machine.Require("fi_pingpong", Package);
        int port = TcpPort.Unused();
        string[] both = ["-p", provider, "-e", endpoint, "-c", .. arguments];
        RunningProgram serving = machine.Start("fi_pingpong", ["-B", $"{port}", .. both]);

        (ProgramResult server, ProgramResult client) = await ProgramPair.RunAsync(
            serving,
            TcpPort.WaitUntilListeningAsync(port, serving, Patience),
            () => machine.Start("fi_pingpong", ["-P", $"{port}", .. both, "127.0.0.1"]),
            Patience);

        Assert.Equal(largest, LargestAcknowledged(client.Succeeded().Text));
        Assert.Equal(largest, LargestAcknowledged(server.Succeeded().Text));
    }

    [Fact]
    public async Task The_provider_finds_the_device_for_every_kind_of_endpoint()
    {
        Machine.Require("fi_info", Package);

        ProgramResult found = (await machine.RunAsync("fi_info", "-p", "verbs")).Succeeded();

        foreach (string protocol in (string[])["FI_PROTO_RDMA_CM_IB_RC", "FI_PROTO_IB_UD", "FI_PROTO_RXM"])
        {
            Assert.Contains(protocol, found.Text, StringComparison.Ordinal);
        }

        Assert.Contains("domain: rxe0", found.Text, StringComparison.Ordinal);
    }

    // A row is a size, how many messages went out, and how many of them came back; "=" when it is the same number.
    private static string? LargestAcknowledged(string text) => Row().Matches(text).LastOrDefault()?.Groups[1].Value;

    [GeneratedRegex(@"^(\d+[km]?) +\d+ +=\d+ ", RegexOptions.Multiline)]
    private static partial Regex Row();
}
