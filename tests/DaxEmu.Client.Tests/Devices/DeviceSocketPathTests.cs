using Xunit;

namespace DaxEmu.Client.Tests.Devices;

public sealed class DeviceSocketPathTests
{
    [Theory]
    [InlineData("/tmp/s", "/run/user/7", 7, "/tmp/s")]
    [InlineData("/tmp/s", null, 0, "/tmp/s")]
    [InlineData(null, "/run/user/7", 7, "/run/user/7/daxemu/device.sock /run/daxemu/device.sock")]
    [InlineData(null, "/run/user/0", 0, "/run/daxemu/device.sock")]
    [InlineData("", null, 7, "/tmp/daxemu-7/device.sock /run/daxemu/device.sock")]
    [InlineData("", "", 7, "/tmp/daxemu-7/device.sock /run/daxemu/device.sock")]
    [InlineData("", null, 0, "/run/daxemu/device.sock")]
    public void The_variable_comes_before_the_users_daemon_and_that_before_the_machines(
        string? variable, string? runtimeDirectory, uint user, string expected)
    {
        string? Environment(string name) => name == "DAXEMU_SOCKET" ? variable : name == "XDG_RUNTIME_DIR" ? runtimeDirectory : null;

        Assert.Equal(expected.Split(' '), DeviceSocketPath.Candidates(Environment, user));
    }

    [Fact]
    public void Opening_without_a_daemon_says_what_was_tried_and_what_to_do()
    {
        string path = Path.Combine(Path.GetTempPath(), $"daxemu-none-{Guid.NewGuid():N}.sock");

        DeviceUnavailableException failure = Assert.Throws<DeviceUnavailableException>(() => RdmaDevice.Open(path));

        Assert.Equal(path, failure.SocketPath);
        Assert.Contains($"connect(\"{path}\") failed: ENOENT (2)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("daxemu serve", failure.Message, StringComparison.Ordinal);
        Assert.Contains("DAXEMU_SOCKET", failure.Message, StringComparison.Ordinal);
    }
}
