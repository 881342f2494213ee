using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>The daemon's sockets, in a directory that need not be its own: <c>--socket /run</c>.</summary>
public sealed class RuntimeDirectoryTests
{
    [Fact]
    public void It_removes_the_sockets_of_a_killed_daemon_and_those_of_nobody_else()
    {
        using TemporaryDirectory directory = new();
        string anothers = directory.Write("another.sock", "");
        string stale = directory.Write("admin.sock", "");

        using (RuntimeDirectory runtime = RuntimeDirectory.Claim(new SocketsOptions(directory.Path)))
        {
            Assert.False(File.Exists(stale));
            Assert.True(File.Exists(anothers));
        }

        Assert.True(File.Exists(anothers));
    }

    [Fact]
    public void Only_a_lock_that_is_held_is_taken_for_another_daemon()
    {
        using TemporaryDirectory directory = new();
        using RuntimeDirectory runtime = RuntimeDirectory.Claim(new SocketsOptions(directory.Path));

        Assert.Contains("another daemon", RefusalOn(directory.Path), StringComparison.Ordinal);
        Assert.StartsWith("Sockets:Directory: \"/proc\" cannot be used: ", RefusalOn("/proc"), StringComparison.Ordinal);
    }

    private static string RefusalOn(string directory) =>
        Assert.Single(Assert.Throws<ConfigurationException>(() => RuntimeDirectory.Claim(new SocketsOptions(directory))).Problems);
}
