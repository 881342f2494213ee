using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The benchmarks of perftest. They say nothing of the data, so a file shows it.</summary>
public sealed partial class PerftestTests(Machine machine)
{
    private static readonly string[] Always = ["-x", "3", "-F"];

    [Theory]
    [InlineData("ib_write_bw", "-n", "500")]
    [InlineData("ib_write_bw", "-n", "20", "-a")]
    [InlineData("ib_write_bw", "-n", "100", "-b")]
    [InlineData("ib_write_bw", "-n", "50", "-q", "16")]
    [InlineData("ib_write_lat", "-n", "50")]
    [InlineData("ib_write_lat", "-n", "50", "-s", "65536")]
    [InlineData("ib_read_bw", "-n", "500")]
    [InlineData("ib_read_bw", "-n", "20", "-a")]
    [InlineData("ib_read_bw", "-n", "100", "-b")]
    [InlineData("ib_read_bw", "-n", "50", "-q", "16", "-e")]
    [InlineData("ib_read_lat", "-n", "200")]
    [InlineData("ib_read_lat", "-n", "100", "-e")]
    [InlineData("ib_send_bw", "-n", "500")]
    [InlineData("ib_send_bw", "-n", "20", "-a")]
    [InlineData("ib_send_bw", "-n", "100", "-b")]
    [InlineData("ib_send_bw", "-n", "100", "-e", "-q", "4")]
    [InlineData("ib_send_bw", "-n", "200", "--use-srq")]
    [InlineData("ib_send_bw", "-n", "100", "--use-srq", "-q", "4", "-e")]
    [InlineData("ib_send_lat", "-n", "50", "--use-srq")]
    [InlineData("ib_send_lat", "-n", "50", "-c", "UC", "--use-srq")]
    [InlineData("ib_send_lat", "-n", "50", "-c", "UD", "--use-srq")]
    [InlineData("ib_send_lat", "-n", "50", "-e")]
    [InlineData("ib_send_lat", "-n", "20", "-s", "65536", "-e")]
    [InlineData("ib_atomic_bw", "-n", "200", "-A", "FETCH_AND_ADD")]
    [InlineData("ib_atomic_bw", "-n", "200", "-A", "CMP_AND_SWAP")]
    [InlineData("ib_atomic_lat", "-n", "100", "-A", "FETCH_AND_ADD")]
    [InlineData("ib_atomic_lat", "-n", "100", "-A", "CMP_AND_SWAP", "-e")]
    public async Task A_benchmark_runs_to_its_end(string program, params string[] arguments)
    {
        Machine.Require(program, "perftest");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(program, [.. Always, .. arguments]);

        server.Succeeded();
        Assert.NotEmpty(Rows(client.Succeeded().Text));
    }

    // Receives for all messages are posted beforehand (-r), as on a network that loses what nobody waits for.
    [Theory]
    [InlineData("ib_write_bw", "-c", "UC", "-n", "500")]
    [InlineData("ib_write_bw", "-c", "UC", "-n", "20", "-a")]
    [InlineData("ib_write_bw", "-c", "UC", "-n", "100", "-b")]
    [InlineData("ib_write_lat", "-c", "UC", "-n", "50")]
    [InlineData("ib_send_bw", "-c", "UC", "-n", "500", "-r", "500")]
    [InlineData("ib_send_bw", "-c", "UC", "-n", "20", "-a", "-r", "512")]
    [InlineData("ib_send_bw", "-c", "UC", "-n", "100", "-b", "-r", "512")]
    [InlineData("ib_send_bw", "-c", "UC", "-n", "100", "-e", "-r", "512")]
    [InlineData("ib_send_lat", "-c", "UC", "-n", "50", "-e")]
    [InlineData("ib_send_lat", "-c", "UC", "-n", "20", "-s", "65536", "-e")]
    [InlineData("ib_send_bw", "-c", "UD", "-n", "500", "-s", "2048", "-r", "500")]
    [InlineData("ib_send_bw", "-c", "UD", "-n", "20", "-a", "-r", "512")]
    [InlineData("ib_send_bw", "-c", "UD", "-n", "100", "-s", "64", "-b", "-r", "512")]
    [InlineData("ib_send_bw", "-c", "UD", "-n", "100", "-s", "4096", "-e", "-r", "512")]
    [InlineData("ib_send_lat", "-c", "UD", "-n", "50", "-s", "2", "-e")]
    [InlineData("ib_send_lat", "-c", "UD", "-n", "50", "-s", "4096", "-e")]
    [InlineData("ib_send_bw", "-c", "UD", "-n", "100", "-s", "1024", "-r", "512", "-g", "-x", "1")]
    [InlineData("ib_send_bw", "-c", "UD", "-n", "100", "-s", "1024", "-r", "512", "-g", "-M", "0:0:0:0:0:0:0:0:0:0:255:255:224:1:2:3")]
    [InlineData("ib_send_lat", "-c", "UD", "-n", "50", "-s", "64", "-e", "-g", "-x", "1")]
    public Task A_benchmark_of_unreliable_service_runs_to_its_end(string program, params string[] arguments) =>
        A_benchmark_runs_to_its_end(program, arguments);

    [Fact]
    public async Task All_sizes_means_every_power_of_two_up_to_8_MiB()
    {
        Machine.Require("ib_write_bw", "perftest");

        (_, ProgramResult client) = await machine.RunPairAsync("ib_write_bw", [.. Always, "-n", "10", "-a"]);

        Assert.Equal(Enumerable.Range(1, 23).Select(i => 1L << i), Rows(client.Succeeded().Text));
    }

    [Fact]
    public async Task A_write_into_a_mapped_file_is_in_the_file()
    {
        Machine.Require("ib_write_bw", "perftest");
        const int Length = 1 << 20;
        string from = Path.Combine(machine.Files, "from"), to = Path.Combine(machine.Files, "to");
        await File.WriteAllBytesAsync(from, new byte[4 * Length], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(to, new byte[4 * Length], TestContext.Current.CancellationToken);

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(
            "ib_write_bw", [.. Always, "-n", "20", "-s", $"{Length}"], server: [$"--mmap={to}"], client: [$"--mmap={from}"]);

        server.Succeeded();
        client.Succeeded();
        byte[] sent = await File.ReadAllBytesAsync(from, TestContext.Current.CancellationToken);
        byte[] received = await File.ReadAllBytesAsync(to, TestContext.Current.CancellationToken);
        byte[] hash = SHA256.HashData(sent.AsSpan(0, Length));
        Assert.NotEqual(SHA256.HashData(new byte[Length]), hash);
        Assert.Contains(hash, Enumerable.Range(0, 4).Select(i => SHA256.HashData(received.AsSpan(i * Length, Length))));
    }

    // The sizes of the result table.
    private static IEnumerable<long> Rows(string text) =>
        Row().Matches(text).Select(row => long.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^ (\d+) +\d+ +[\d.]+ ", RegexOptions.Multiline)]
    private static partial Regex Row();
}
