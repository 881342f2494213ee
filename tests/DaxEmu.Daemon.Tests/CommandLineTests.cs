using System.Text.Json;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>Help, mistakes and exit statuses of the command line.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData]
    [InlineData("serve")]
    [InlineData("status")]
    [InlineData("pins")]
    [InlineData("why")]
    [InlineData("doctor")]
    [InlineData("audit")]
    [InlineData("demo")]
    [InlineData("version")]
    public async Task Every_command_has_help_that_lists_the_exit_statuses(params string[] command)
    {
        (int status, string output, string error) = await CommandLine.RunAsync([.. command, "--help"]);

        Assert.Equal((0, ""), (status, error));
        Assert.Contains("Usage:", output, StringComparison.Ordinal);
        Assert.Contains("3  no daemon answers", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Unrecognized command or argument 'sarve'", "sarve")]
    [InlineData("Unrecognized command or argument '--jsn'", "status", "--jsn")]
    [InlineData("Required argument 'FILE' missing for command: 'why'", "why")]
    [InlineData("Required command was not provided")]
    [InlineData("Contract:Policy: \"maybe\" is not one of: deny, ignore", "serve", "--policy", "maybe")]
    [InlineData("--config: \"/no/such\" does not exist", "serve", "--config", "/no/such")]
    [InlineData("--config: \"/no/such\" does not exist", "status", "--config", "/no/such")]
    public async Task A_wrong_command_line_ends_with_status_2_and_a_sentence(string expected, params string[] arguments)
    {
        (int status, string output, string error) = await CommandLine.RunAsync(arguments);

        Assert.Equal((2, ""), (status, output));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("pins")]
    [InlineData("why", "/etc/passwd")]
    public async Task Without_a_daemon_the_status_is_3_and_the_sentence_says_what_to_do(params string[] command)
    {
        (int status, string output, string error) = await CommandLine.RunAsync([.. command, "--socket", _directory.Path]);

        Assert.Equal((3, ""), (status, output));
        Assert.Equal(
            $"No daemon answers on {_directory.Path}. Start one with \"daxemu serve\", or name its runtime directory with --socket DIR.\n", error);
    }

    [Fact]
    public async Task Version_prints_one_line()
    {
        (int status, string output, _) = await CommandLine.RunAsync("version");

        Assert.Equal(0, status);
        Assert.Matches(@"^daxemu \d+\.\d+\.\d+\S*\n$", output);
    }

    [Fact]
    public async Task The_doctor_names_each_finding_and_what_a_missing_thing_costs()
    {
        (int status, string output, string error) = await CommandLine.RunAsync("doctor", "--json", "--socket", _directory.Path, _directory.Path);

        Assert.Equal("", error);
        using JsonDocument report = JsonDocument.Parse(output);
        Assert.Equal(status == 0, report.RootElement.GetProperty("healthy").GetBoolean());
        Assert.All(report.RootElement.GetProperty("probes").EnumerateArray(), probe =>
        {
            Assert.NotEqual("", probe.GetProperty("finding").GetString());
            Assert.Equal(probe.GetProperty("status").GetString() == "ok", probe.GetProperty("cost").GetString() == "");
            Assert.Equal(probe.GetProperty("status").GetString() == "ok", probe.GetProperty("remedy").GetString() == "");
        });
    }

    [Theory]
    [InlineData("""{ "Addresses": [ "127.0.0.9" ] }""", "ok", "port 1: 127.0.0.9 on lo")]
    [InlineData("""{ "Addresses": [ "203.0.113.77" ] }""", "degraded", "port 1: lo does not have the address 203.0.113.77")]
    [InlineData("""{ "NetworkInterface": "nosuchif0" }""", "degraded", "port 1: there is no network interface nosuchif0")]
    public async Task The_doctor_holds_the_devices_against_the_machines_network(string port, string status, string finding)
    {
        string file = _directory.Write("devices.json", $$"""{ "Devices": [ { "Name": "mlx5_0", "Ports": [ {{port}} ] } ] }""");

        (_, string output, _) = await CommandLine.RunAsync("doctor", "--json", "--socket", _directory.Path, "--config", file, _directory.Path);

        using JsonDocument report = JsonDocument.Parse(output);
        JsonElement probe = report.RootElement.GetProperty("probes").EnumerateArray().Single(p => p.GetProperty("name").GetString() == "device mlx5_0");
        Assert.Equal((status, finding), (probe.GetProperty("status").GetString(), probe.GetProperty("finding").GetString()));
    }

    [Fact]
    public async Task A_runtime_directory_that_cannot_be_written_makes_the_doctor_answer_1()
    {
        // proc(5) takes no files, not even from root.
        (int status, string output, _) = await CommandLine.RunAsync("doctor", "--socket", "/proc/daxemu", _directory.Path);

        Assert.Equal(1, status);
        Assert.Matches(@"(?m)^missing   runtime directory +/proc: ", output);
    }

    public void Dispose() => _directory.Dispose();
}
