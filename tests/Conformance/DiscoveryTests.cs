using Xunit;

namespace DaxEmu.Conformance;

/// <summary>Programs find the device where a kernel would show it, and nothing else.</summary>
public sealed class DiscoveryTests(Machine machine)
{
    private const string Utilities = "ibverbs-utils";

    [Fact]
    public async Task Ibv_devices_lists_the_device()
    {
        Machine.Require("ibv_devices", Utilities);

        ProgramResult devices = (await machine.RunAsync("ibv_devices")).Succeeded();

        Assert.Contains("rxe0", devices.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ibv_devinfo_describes_the_device_and_its_port()
    {
        Machine.Require("ibv_devinfo", Utilities);

        ProgramResult info = (await machine.RunAsync("ibv_devinfo", "-v")).Succeeded();

        Assert.Matches(@"hca_id:\s+rxe0", info.Text);
        Assert.Matches(@"state:\s+PORT_ACTIVE", info.Text);
        Assert.Matches(@"link_layer:\s+Ethernet", info.Text);
        Assert.Matches(@"GID\[\s+3\]:\s+::ffff:127\.0\.0\.1, RoCE v2", info.Text);
    }

    [Fact]
    public async Task Without_a_daemon_there_is_no_device()
    {
        Machine.Require("ibv_devices", Utilities);

        ProgramResult devices = await machine.RunWithoutDaemonAsync("ibv_devices");

        Assert.DoesNotContain("rxe0", devices.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_daemon_other_programs_notice_nothing()
    {
        // The descriptors that a test process passes on differ from time to time: without them.
        const string Script =
            "for fd in /proc/self/fd/*; do n=${fd##*/}; ((n > 2)) && eval \"exec $n>&-\"; done; exec ls /proc/self/fd /sys/class/net /no/such/file";
        ProgramResult preloaded = await machine.RunWithoutDaemonAsync("bash", "-c", Script);
        ProgramResult plain = await machine.RunWithoutDaemonAsync("env", "--unset=LD_PRELOAD", "bash", "-c", Script);

        // The two streams of a program come interleaved as it happens.
        Assert.Equal((plain.ExitStatus, Sorted(plain.Text)), (preloaded.ExitStatus, Sorted(preloaded.Text)));
    }

    [Theory]
    [InlineData("cat", "/sys/class/infiniband_verbs/abi_version", "6")]
    [InlineData("cat", "/sys//class/./infiniband/rxe0/../rxe0/ports/1/link_layer", "Ethernet")]
    [InlineData("ls", "/sys/class/infiniband_verbs/", "abi_version\nuverbs0")]
    [InlineData("ls", "/dev/infiniband", "rdma_cm\nuverbs0")]
    [InlineData("realpath", "/sys/class/infiniband/rxe0", "/sys/class/infiniband/rxe0")]
    public async Task Ordinary_programs_see_the_devices_files(string program, string path, string expected)
    {
        ProgramResult result = (await machine.RunAsync(program, path)).Succeeded();

        Assert.Equal(expected, result.Text.ReplaceLineEndings("\n").Trim());
    }

    [Fact]
    public async Task The_device_file_is_a_character_device()
    {
        ProgramResult result = (await machine.RunAsync("stat", "--format=%F %Hr:%Lr", "/dev/infiniband/uverbs0")).Succeeded();

        Assert.Equal("character special file 231:192", result.Text.Trim());
    }

    [Theory]
    [InlineData("/sys/class/infiniband/mlx5_0")]
    [InlineData("/sys/class/infiniband_mad")]
    [InlineData("/dev/infiniband/uverbs1")]
    public async Task What_the_daemon_does_not_have_is_not_there(string path)
    {
        ProgramResult result = await machine.RunAsync("stat", path);

        Assert.NotEqual(0, result.ExitStatus);
        Assert.Contains("No such file or directory", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_kernels_own_RDMA_devices_cannot_be_asked_for()
    {
        Machine.Require("python3", "python3");
        const string Ask =
            """
            import errno, socket
            try:
                socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 20)
            except OSError as e:
                print(errno.errorcode[e.errno])
            """;

        ProgramResult result = (await machine.RunAsync("python3", "-c", Ask)).Succeeded();

        Assert.Equal("EPROTONOSUPPORT", result.Text.Trim());
    }

    private static string Sorted(string text) => string.Join('\n', text.Split('\n').Order(StringComparer.Ordinal));
}
