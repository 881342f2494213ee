using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>
/// 256 queue pairs of 4 processes at once, on libibverbs and the rxe provider: programs/many_qps.c, which knows of every completion when it
/// must come and of every message which bytes it has.
/// </summary>
public sealed partial class ManyQueuePairsTests(Machine machine)
{
    private const long WorkRequests = 10_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Ten_million_work_requests_complete_exactly_once_and_in_order_and_every_byte_is_right()
    {
        using RunningProgram running = machine.Start(await machine.CompileAsync("many_qps"), $"{WorkRequests}");
        Assert.True(await running.EndAsync(Patience) == 0, running.Text);

        Match all = Summary().Match(running.Text);
        Assert.True(long.Parse(all.Groups[1].Value, CultureInfo.InvariantCulture) >= WorkRequests, running.Text);
        Assert.Equal("256", all.Groups[2].Value);
    }

    [Theory]
    [InlineData("drop", "lost, doubled or out of order")]
    [InlineData("double", "lost, doubled or out of order")]
    [InlineData("swap", "lost, doubled or out of order")]
    [InlineData("drop-last", "nothing completes any more")]
    [InlineData("event", "nothing completes any more")]
    [InlineData("status", "failed: transport retry counter exceeded")]
    [InlineData("other-qp", "names qp")]
    [InlineData("opcode", "has opcode")]
    [InlineData("length", "bytes, not")]
    [InlineData("immediate", "has not the immediate data that was sent")]
    [InlineData("payload", "arrived with other bytes than it was sent with")]
    [InlineData("read", "an RDMA READ did not bring what was written before")]
    [InlineData("atomic", "an atomic operation found what was not there")]
    public async Task One_completion_tampered_with_is_noticed(string fault, string finding)
    {
        string patience = finding.StartsWith("nothing", StringComparison.Ordinal) ? "3" : "60";
        using RunningProgram running = machine.Start(await machine.CompileAsync("many_qps"), "100000", patience, fault);

        Assert.Equal(1, await running.EndAsync(Patience));
        Assert.Contains(finding, running.Text, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(\d+) work requests on (\d+) queue pairs in", RegexOptions.Multiline)]
    private static partial Regex Summary();
}
