using Xunit;

namespace DaxEmu.Client.Tests.Samples;

/// <summary>The samples, each as two processes.</summary>
public sealed class SamplesTests : IDisposable
{
    private readonly InProcessDaemon _daemon = new();
    private readonly TemporaryDirectory _files = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _daemon.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task PingPong_reports_its_round_trips()
    {
        using SampleProcess listens = new("PingPong", _daemon.SocketPath, "listen", "0", "500", "1000");
        using SampleProcess connects = new("PingPong", _daemon.SocketPath, "connect", await listens.PortAsync(Stop), "500", "1000");

        (int status, string output, string errors) = await connects.EndAsync(Stop);

        Assert.Equal((0, ""), (status, errors));
        Assert.Contains("500 round trips of 1000 bytes: median", output, StringComparison.Ordinal);
        Assert.Equal(0, (await listens.EndAsync(Stop)).Status);
    }

    [Fact]
    public async Task FileMirror_makes_the_receivers_file_the_same_as_the_senders()
    {
        string source = _files.File("source", (5 << 20) + 321);
        string copy = _files.Path("copy");
        using SampleProcess receives = new("FileMirror", _daemon.SocketPath, "receive", copy, "0");
        using SampleProcess sends = new("FileMirror", _daemon.SocketPath, "send", source, await receives.PortAsync(Stop));

        (int status, string output, string errors) = await sends.EndAsync(Stop);

        Assert.Equal((0, ""), (status, errors));
        Assert.Contains("SHA-256", output, StringComparison.Ordinal);
        Assert.Equal(0, (await receives.EndAsync(Stop)).Status);
        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(copy));
    }

    [Theory]
    [InlineData("PingPong")]
    [InlineData("PingPong", "listen")]
    [InlineData("PingPong", "connect", "1", "0")]
    [InlineData("FileMirror", "send", "file")]
    public async Task A_wrong_command_line_gets_the_usage_text_and_status_2(string sample, params string[] arguments)
    {
        using SampleProcess process = new(sample, _daemon.SocketPath, arguments);

        (int status, string _, string errors) = await process.EndAsync(Stop);

        Assert.Equal(2, status);
        Assert.StartsWith($"usage: {sample}", errors, StringComparison.Ordinal);
    }
}
