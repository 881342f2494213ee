using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The programs of rdmacm-utils, and perftest's <c>-R</c>: connections made by librdmacm over reliable queue pairs.</summary>
public sealed class ConnectionManagerTests(Machine machine)
{
    private static readonly string[] NobodyListened = ["RDMA_CM_EVENT_UNREACHABLE", "RDMA_CM_EVENT_REJECTED"];

    private const string Package = "rdmacm-utils";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("127.0.0.1", "0.0.0.0")]
    [InlineData("127.0.0.1", "127.0.0.1", "-S", "65535")]
    [InlineData("127.0.0.1", "0.0.0.0", "-S", "100", "-d")]
    [InlineData("::1", "::")]
    [InlineData("::1", "::1")]
    public async Task Rping_validates_what_comes_back(string address, string boundTo, params string[] arguments)
    {
        Machine.Require("rping", Package);
        int port = TcpPort.Unused();
        string[] both = ["-p", $"{port}", "-C", "10", "-V", "-v", .. arguments];

        (ProgramResult server, ProgramResult client) = await RunAsync(
            port, ["rping", "-s", "-a", boundTo, .. both], ["rping", "-c", "-a", address, .. both]);

        Assert.Contains("rdma-ping-9: ", server.Text, StringComparison.Ordinal);
        Assert.Contains("rdma-ping-9: ", client.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("data mismatch", server.Text + client.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_persistent_rping_server_takes_clients_one_after_another()
    {
        Machine.Require("rping", Package);
        int port = TcpPort.Unused();
        using RunningProgram server = machine.Start("rping", "-s", "-P", "-v", "-p", $"{port}");
        await RdmaPort.WaitUntilListeningAsync(machine, port, server, Patience);

        for (int i = 0; i < 3; i++)
        {
            (await machine.RunAsync("rping", "-c", "-a", "127.0.0.1", "-p", $"{port}", "-C", "4", "-V")).Succeeded();
        }

        Assert.False(server.HasExited, server.Text);
    }

    [Fact]
    public async Task Where_nobody_listens_the_connection_is_rejected()
    {
        Machine.Require("rping", Package);

        ProgramResult client = await machine.RunAsync("rping", "-c", "-d", "-a", "127.0.0.1", "-p", $"{TcpPort.Unused()}", "-C", "1");

        Assert.NotEqual(0, client.ExitStatus);
        Assert.Contains("RDMA_CM_EVENT_REJECTED, error 8", client.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_cannot_be_reached()
    {
        Machine.Require("rping", Package);

        ProgramResult client = await machine.RunAsync("rping", "-c", "-d", "-a", "192.0.2.1", "-C", "1");

        Assert.NotEqual(0, client.ExitStatus);
        Assert.Contains("RDMA_CM_EVENT_ADDR_ERROR, error -101", client.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_server_dies_the_client_is_disconnected()
    {
        Machine.Require("rping", Package);
        int port = TcpPort.Unused();
        using RunningProgram server = machine.Start("rping", "-s", "-p", $"{port}");
        await RdmaPort.WaitUntilListeningAsync(machine, port, server, Patience);
        using RunningProgram client = machine.Start("rping", "-c", "-v", "-a", "127.0.0.1", "-p", $"{port}");
        await client.WaitForTextAsync("rdma-ping-1", Patience);

        server.Dispose();

        await client.EndAsync(Patience);
        Assert.Contains("DISCONNECT EVENT", client.Text, StringComparison.Ordinal);
        Assert.NotEqual(0, (await machine.RunAsync("rping", "-c", "-a", "127.0.0.1", "-p", $"{port}", "-C", "1")).ExitStatus);
    }

    [Theory]
    [InlineData("ucmatose", "-c", "3", "-C", "20", "-S", "1000")]
    [InlineData("ucmatose", "-C", "10", "-m")]
    [InlineData("ucmatose", "-a", "12", "-t", "64")]
    [InlineData("rdma")]
    [InlineData("rstream", "-S", "4096", "-C", "5", "-I", "20", "-T", "v")]
    [InlineData("rstream", "-S", "4096", "-C", "5", "-I", "20", "-T", "b")]
    [InlineData("rstream", "-S", "4096", "-C", "5", "-I", "20", "-T", "n")]
    [InlineData("riostream", "-S", "4096", "-C", "5", "-I", "20", "-T", "b")]
    public async Task A_pair_runs_to_its_end(string program, params string[] arguments)
    {
        (string serving, string asking) = program == "rdma" ? ("rdma_server", "rdma_client") : (program, program);
        Machine.Require(serving, Package);
        int port = TcpPort.Unused();
        string[] both = ["-p", $"{port}", .. arguments];

        (ProgramResult server, ProgramResult client) = await RunAsync(port, [serving, .. both], [asking, "-s", "127.0.0.1", .. both]);

        server.Succeeded();
        client.Succeeded();
    }

    [Theory]
    [InlineData]
    [InlineData("-p", "0x2")]
    [InlineData("-c", "4", "-S", "2000")]
    public async Task Udaddy_finds_the_peers_datagram_queue_pair(params string[] arguments)
    {
        Machine.Require("udaddy", Package);
        const int Port = 7174;

        (ProgramResult server, ProgramResult client) = await RunAsync(
            Port, ["udaddy", .. arguments], ["udaddy", "-s", "127.0.0.1", .. arguments]);

        server.Succeeded();
        client.Succeeded();
    }

    [Theory]
    [InlineData]
    [InlineData("-p", "0x2")]
    public async Task Mckey_sends_to_a_multicast_group(params string[] arguments)
    {
        Machine.Require("mckey", Package);
        string[] both = ["-m", "239.5.6.7", "-b", "127.0.0.1", "-C", "20", .. arguments];

        // Its output is no terminal, and what it says must come while it runs.
        using RunningProgram receiver = machine.Start("stdbuf", ["-oL", "mckey", .. both]);
        await receiver.WaitForTextAsync("joined dgid", Patience);

        (await machine.RunAsync("mckey", ["-s", .. both])).Succeeded();

        Assert.Equal(0, await receiver.EndAsync(Patience));
    }

    [Fact]
    public async Task Udpong_is_refused_its_address_handle_without_a_global_route_as_RoCE_refuses_it()
    {
        Machine.Require("udpong", Package);

        ProgramResult client = await machine.RunAsync("udpong", "-s", "127.0.0.1", "-p", $"{TcpPort.Unused()}", "-C", "1");

        Assert.NotEqual(0, client.ExitStatus);
        Assert.Contains("rconnect", client.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cmtime_makes_and_ends_many_connections()
    {
        Machine.Require("cmtime", Package);
        int port = TcpPort.Unused();
        using RunningProgram server = machine.Start("cmtime", "-p", $"{port}", "-c", "50");
        await RdmaPort.WaitUntilListeningAsync(machine, port, server, Patience);

        ProgramResult client = (await machine.RunAsync("cmtime", "-s", "127.0.0.1", "-p", $"{port}", "-c", "50")).Succeeded();

        Assert.DoesNotContain("error", client.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Rcopy_copies_a_file()
    {
        Machine.Require("rcopy", Package);
        byte[] content = new byte[3_000_001];
        Random.Shared.NextBytes(content);
        string from = Path.Combine(machine.Files, "rcopy-from"), to = Path.Combine(machine.Files, "rcopy-to");
        await File.WriteAllBytesAsync(from, content, TestContext.Current.CancellationToken);
        int port = TcpPort.Unused();
        using RunningProgram server = machine.Start("rcopy", "-p", $"{port}");
        await RdmaPort.WaitUntilListeningAsync(machine, port, server, Patience);

        (await machine.RunAsync("rcopy", from, $"127.0.0.1:{to}", "-p", $"{port}")).Succeeded();

        Assert.Equal(content, await File.ReadAllBytesAsync(to, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("ib_write_bw", "-n", "100")]
    [InlineData("ib_write_lat", "-n", "50")]
    [InlineData("ib_read_bw", "-n", "100")]
    [InlineData("ib_read_lat", "-n", "50")]
    [InlineData("ib_send_bw", "-n", "100", "-e")]
    [InlineData("ib_send_lat", "-n", "50", "-e")]
    [InlineData("ib_send_lat", "-n", "50", "-c", "UD")]
    [InlineData("ib_send_bw", "-n", "100", "-c", "UD", "-r", "200")]
    public async Task A_benchmark_connects_by_librdmacm(string program, params string[] arguments)
    {
        Machine.Require(program, "perftest");
        int port = TcpPort.Unused();
        string[] both = ["-R", "-F", "-p", $"{port}", .. arguments];

        (ProgramResult server, ProgramResult client) = await RunAsync(port, [program, .. both], [program, .. both, "127.0.0.1"]);

        server.Succeeded();
        Assert.Contains("rdma_cm QPs\t : ON", client.Succeeded().Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cat", "/sys/class/misc/rdma_cm/abi_version", "4")]
    [InlineData("cat", "/sys/class/misc/rdma_cm/dev", "10:122")]
    [InlineData("realpath", "/dev/infiniband/rdma_cm", "/dev/infiniband/rdma_cm")]
    [InlineData("stat", "/dev/infiniband/rdma_cm", "character special file 10:122")]
    public async Task Ordinary_programs_see_the_device_file(string program, string path, string expected)
    {
        string[] arguments = program == "stat" ? ["--format=%F %Hr:%Lr", path] : [path];

        ProgramResult result = (await machine.RunAsync(program, arguments)).Succeeded();

        Assert.Equal(expected, result.Text.Trim());
    }

    // perftest connects twice: its server listens anew after the first time, and a client that is quicker finds nobody, as it would on a
    // wire, and crashes. Only that is tried again.
    private async Task<(ProgramResult Server, ProgramResult Client)> RunAsync(int port, string[] server, string[] client)
    {
        for (int attempts = server[0].StartsWith("ib_", StringComparison.Ordinal) ? 10 : 1; ; attempts--)
        {
            if (await TryRunAsync(port, server, client, attempts) is { } both)
            {
                return both;
            }
        }
    }

    private async Task<(ProgramResult Server, ProgramResult Client)?> TryRunAsync(int port, string[] server, string[] client, int attempts)
    {
        using RunningProgram serving = machine.Start(server[0], server[1..]);
        await RdmaPort.WaitUntilListeningAsync(machine, port, serving, Patience);
        using RunningProgram asking = machine.Start(client[0], client[1..]);
        int asked = await asking.EndAsync(Patience);
        if (asked != 0 && attempts > 1 && NobodyListened.Any(sign => asking.Text.Contains(sign, StringComparison.Ordinal)))
        {
            return null;
        }

        int served = await serving.EndAsync(Patience);
        return (new(serving.CommandLine, served, serving.Text), new(asking.CommandLine, asked, asking.Text));
    }
}
