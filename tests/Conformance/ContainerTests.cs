using System.Globalization;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>
/// A client in its own user, process, mount and network namespace, of another user than the daemon, that has nothing of the daemon's but
/// the socket, and that at a path of its own.
/// </summary>
public sealed class ContainerTests(Machine machine)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly Dictionary<string, string> Nothing = [];

    // Arguments: the library, the daemon's socket, a directory; more of them for what follows.
    private const string Begin = """
        set -e
        cd "$3"
        touch device.sock
        mount --bind "$2" device.sock
        mount -t tmpfs none "${2%/*}"
        export LD_PRELOAD=$1 DAXEMU_SOCKET=$3/device.sock DAXEMU_DEBUG=1
        shift 3

        """;

    // In a new network namespace not even the loopback interface is up.
    private const string PingPong = """
        ip link set lo up
        ibv_rc_pingpong -g 3 -c -n 500 -p 18515 "$@" > server.txt 2>&1 &
        server=$!
        for i in $(seq 600); do cat /proc/net/tcp /proc/net/tcp6 | grep -q ':4853 .* 0A ' && break; sleep 0.1; done
        ibv_rc_pingpong -g 3 -c -n 500 -p 18515 "$@" localhost || { cat server.txt; exit 1; }
        wait $server || { cat server.txt; exit 1; }
        """;

    [Theory]
    [InlineData]
    [InlineData("-e")]
    [InlineData("-s", "1048576")]
    public async Task Pingpong_runs(params string[] arguments)
    {
        Machine.Require("ibv_rc_pingpong", "ibverbs-utils");

        ProgramResult result = (await RunAsync(PingPong, arguments)).Succeeded();

        Assert.Contains("500 iters in", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("invalid data", result.Text, StringComparison.Ordinal);
    }

    /// <summary>By addresses of the device, not of an interface: there is none that is up.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rping_connects_from_one_container_to_a_server_elsewhere(bool inContainer)
    {
        Machine.Require("rping", "rdmacm-utils");
        int port = TcpPort.Unused();
        string[] serve = ["rping", "-s", "-p", $"{port}", "-C", "10", "-V", "-v"];
        using RunningProgram server = inContainer ? await StartAsync("exec \"$@\"", serve) : machine.Start(serve[0], serve[1..]);
        await RdmaPort.WaitUntilListeningAsync(machine, port, server, Patience);

        ProgramResult client = await RunAsync(
            "exec \"$@\"", "rping", "-c", "-a", "127.0.0.1", "-p", $"{port}", "-C", "10", "-V", "-v");

        Assert.Equal(0, await server.EndAsync(Patience));
        Assert.Contains("rdma-ping-9: ", server.Text, StringComparison.Ordinal);
        Assert.Contains("rdma-ping-9: ", client.Succeeded().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("data mismatch", server.Text + client.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("heap")]
    [InlineData("stack")]
    [InlineData("every-operation")]
    [InlineData("shared-file")]
    [InlineData("several-files")]
    [InlineData("forked")]
    [InlineData("stale")]
    public async Task Memory_of_every_kind_is_reached(string kind)
    {
        string program = await machine.CompileAsync("memory_kinds");

        (await RunAsync("\"$@\"", program, kind, $"file-{kind}")).Succeeded();
    }

    /// <summary>Its path there tells nothing of whose the socket is.</summary>
    [Theory]
    [InlineData("executed")]
    [InlineData("passed-on")]
    [InlineData("passed-to-stranger")]
    public async Task The_devices_descriptor_is_known_wherever_it_comes_to(string what)
    {
        string program = await machine.CompileAsync("descriptors");

        (await RunAsync("\"$@\"", program, what)).Succeeded();
    }

    [Fact]
    public async Task It_is_a_container()
    {
        ProgramResult result = (await RunAsync(
            """
            echo $(id -u) $$
            ls /proc | grep -c '^[0-9]'
            ls -A "$1" | wc -l
            grep -c : /proc/net/dev
            readlink /proc/self/ns/{user,pid,mnt,net}
            cat /proc/self/uid_map
            """, machine.Runtime)).Succeeded();
        string[] lines = result.Text.Trim().ReplaceLineEndings("\n").Split('\n');

        // The first user and process there, among few; nothing of the daemon's; no interface but lo.
        Assert.Equal("0 1", lines[0]);
        Assert.True(int.Parse(lines[1], CultureInfo.InvariantCulture) < 10, result.Text);
        Assert.Equal(["0", "1"], lines[2..4]);
        string[] namespaces = ["user", "pid", "mnt", "net"];
        Assert.All(namespaces.Zip(lines[4..8]), pair => Assert.NotEqual(File.ResolveLinkTarget($"/proc/self/ns/{pair.First}", false)!.Name, pair.Second));
        string user = lines[8].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.Equal(Environment.UserName == "root", user == "65534");
    }

    private async Task<ProgramResult> RunAsync(string script, params string[] arguments)
    {
        using RunningProgram running = await StartAsync(script, arguments);
        return new(running.CommandLine, await running.EndAsync(Patience), running.Text);
    }

    private async Task<RunningProgram> StartAsync(string script, string[] arguments)
    {
        Machine.Require("unshare", "util-linux");
        Machine.Require("ip", "iproute2");
        string library = Path.Combine(machine.Files, "libdaxemu-preload.so");
        string directory = Path.Combine(machine.Files, $"c-{Guid.NewGuid():n}"[..12]);
        Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, (UnixFileMode)0x1ff);
        if (!File.Exists(library))
        {
            File.Copy(Machine.Library, library);
        }

        // Another user: nobody, when this one may become it.
        string[] another = Environment.UserName == "root" ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
        string[] contained =
        [
            .. another, "unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net",
        ];
        using RunningProgram can = RunningProgram.Start(contained[0], [.. contained.Skip(1), "true"], Nothing);
        Assert.SkipWhen(await can.EndAsync(Patience) != 0, $"namespaces cannot be made here: {can.Text}");
        return RunningProgram.Start(
            contained[0], [.. contained.Skip(1), "bash", "-c", Begin + script, "bash", library, machine.Socket, directory, .. arguments],
            Nothing);
    }
}
