using Xunit;

namespace DaxEmu.Conformance;

/// <summary>Several devices and ports, with names that are not rxe's.</summary>
public sealed class TwoDeviceTests(TwoDeviceMachine machine) : IClassFixture<TwoDeviceMachine>
{
    private const string Utilities = "ibverbs-utils";

    [Fact]
    public async Task Ibv_devices_lists_both()
    {
        Machine.Require("ibv_devices", Utilities);

        ProgramResult devices = (await machine.RunAsync("ibv_devices")).Succeeded();

        Assert.Matches(@"mlx5_0\s+[0-9a-f]{16}\s+rxe7\s+02da7efffe400007", devices.Text);
    }

    [Fact]
    public async Task Ibv_devinfo_describes_every_port()
    {
        Machine.Require("ibv_devinfo", Utilities);

        ProgramResult info = (await machine.RunAsync("ibv_devinfo", "-v")).Succeeded();

        Assert.Matches(@"(?s)hca_id:\s+mlx5_0.*vendor_part_id:\s+4119.*phys_port_cnt:\s+2.*port:\s+1.*::ffff:127\.0\.0\.1, RoCE v2", info.Text);
        Assert.Matches(@"(?s)port:\s+2.*GID\[\s+3\]:\s+::ffff:127\.0\.0\.2, RoCE v2\s+.*GID\[\s+5\]:\s+::1, RoCE v2", info.Text);
        Assert.Matches(@"(?s)hca_id:\s+rxe7.*phys_port_cnt:\s+1.*GID\[\s+3\]:\s+::ffff:127\.0\.0\.7, RoCE v2", info.Text);
    }

    [Theory]
    [InlineData("/dev/infiniband/uverbs0", "231:192")]
    [InlineData("/dev/infiniband/uverbs1", "231:193")]
    public async Task Each_device_has_a_file(string path, string number)
    {
        ProgramResult result = (await machine.RunAsync("stat", "--format=%F %Hr:%Lr", path)).Succeeded();

        Assert.Equal($"character special file {number}", result.Text.Trim());
    }

    [Theory]
    [InlineData("the ports of a device", "mlx5_0", 1, "mlx5_0", 2)]
    [InlineData("two devices", "mlx5_0", 2, "rxe7", 1)]
    [InlineData("a device and itself", "rxe7", 1, "rxe7", 1)]
    public async Task Messages_pass_between(string whom, string server, int serverPort, string client, int clientPort)
    {
        Machine.Require("ibv_rc_pingpong", Utilities);

        (ProgramResult served, ProgramResult asked) = await machine.RunPairAsync(
            "ibv_rc_pingpong", ["-g", "3", "-c", "-n", "100", "-e"], ["-d", server, "-i", $"{serverPort}"], ["-d", client, "-i", $"{clientPort}"]);

        Assert.NotEmpty(whom);
        Assert.Contains("iters in", served.Succeeded().Text, StringComparison.Ordinal);
        Assert.Contains("iters in", asked.Succeeded().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("invalid data", served.Text + asked.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ib_write_lat", "1")]
    [InlineData("ib_write_bw", "2")]
    [InlineData("ib_send_lat", "2")]
    public async Task Perftest_sends_inline_on_a_device_that_it_knows(string program, string port)
    {
        Machine.Require(program, "perftest");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(
            program, ["-d", "mlx5_0", "-i", port, "-x", "3", "-F", "-n", "50", "-s", "64", "-I", "64"]);

        server.Succeeded();
        Assert.Matches(@"Max inline data\s*:\s*64", client.Succeeded().Text);
    }

    [Fact]
    public async Task Rdma_cores_own_tests_pass_on_a_device_that_is_not_called_rxe()
    {
        string directory = Directory.CreateDirectory(Path.Combine(machine.Files, "pyverbs")).FullName;
        await PyverbsSuite.UnpackAsync(machine, directory);
        string[] wanted = ["test_device", "test_pd", "test_mr", "test_cq", "test_addr"];
        string[] others =
        [
            .. Directory.GetFiles(Path.Combine(directory, "tests"), "test_*.py").Select(Path.GetFileNameWithoutExtension)
                .Where(name => !wanted.Contains(name)).Select(name => $"tests.{name}."),
        ];
        string results = Path.Combine(directory, "results");

        ProgramResult run = await machine.RunAsync(
            PyverbsSuite.Python,
            [Path.Combine(AppContext.BaseDirectory, "programs", "run_pyverbs.py"), directory, results, "mlx5_0", "3", .. others]);

        run.Succeeded();
        PyverbsTest[] tests = [.. File.ReadLines(results).Select(PyverbsTest.Parse)];
        Assert.DoesNotContain(tests, t => t.Outcome == "failed");
        Assert.True(tests.Count(t => t.Outcome == "ok") >= 20, $"{tests.Count(t => t.Outcome == "ok")} of {tests.Length} tests passed");
    }

    [Fact]
    public async Task The_hosts_own_devices_are_there_only_for_those_who_ask()
    {
        Machine.Require("python3", "python3");
        const string Look =
            "import os; print(sorted(os.listdir('/sys/class/infiniband')) if os.path.isdir('/sys/class/infiniband') else 'none')";

        ProgramResult usual = (await machine.RunAsync("python3", "-c", Look)).Succeeded();
        ProgramResult asked = (await machine.RunAsync("env", "DAXEMU_HOST_DEVICES=1", "python3", "-c", Look)).Succeeded();
        ProgramResult plain = (await machine.RunAsync("env", "--unset=LD_PRELOAD", "python3", "-c", Look)).Succeeded();

        Assert.Equal("['mlx5_0', 'rxe7']", usual.Text.Trim());
        Assert.Equal(plain.Text.Trim(), asked.Text.Trim());
        Assert.NotEqual(usual.Text, asked.Text);
    }
}
