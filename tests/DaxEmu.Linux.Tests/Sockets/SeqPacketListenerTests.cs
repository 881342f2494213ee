using DaxEmu.Linux.Sockets;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Tests.Sockets;

public sealed class SeqPacketListenerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string SocketPath => _directory.File("s");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_client_that_connects_is_accepted()
    {
        using SeqPacketListener listener = new(SocketPath);
        using SeqPacketConnection client = SeqPacketConnection.Connect(SocketPath);
        using SeqPacketConnection? accepted = listener.Accept();

        client.Send([7]);

        byte[] buffer = new byte[16];
        Assert.Equal(1, accepted!.Receive(buffer).Length);
        Assert.Equal(7, buffer[0]);
    }

    [Fact]
    public void The_socket_file_is_for_its_owner_alone_unless_said_otherwise()
    {
        using SeqPacketListener listener = new(SocketPath);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
    }

    [Fact]
    public void A_live_listener_is_not_replaced()
    {
        using SeqPacketListener listener = new(SocketPath);

        LinuxException refused = Assert.Throws<LinuxException>(() => new SeqPacketListener(SocketPath));

        Assert.Equal(EADDRINUSE, refused.Errno);
        Assert.Equal($"bind(\"{SocketPath}\") failed: EADDRINUSE (98)", refused.Message);
    }

    [Fact]
    public void A_socket_file_left_by_a_dead_process_is_replaced()
    {
        using (SeqPacketListener dead = new(_directory.File("elsewhere")))
        {
            // A dead process's file: closing the socket does not remove it, only Dispose does, under the old name.
            File.Move(_directory.File("elsewhere"), SocketPath);
        }

        using SeqPacketListener listener = new(SocketPath);
        using SeqPacketConnection client = SeqPacketConnection.Connect(SocketPath);
    }

    [Fact]
    public void An_ordinary_file_is_not_replaced()
    {
        File.WriteAllText(SocketPath, "precious");

        Assert.Throws<LinuxException>(() => new SeqPacketListener(SocketPath));
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void Dispose_removes_the_socket_file()
    {
        new SeqPacketListener(SocketPath).Dispose();

        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void Stop_releases_a_thread_that_waits_to_accept()
    {
        using SeqPacketListener listener = new(SocketPath);
        Thread waiting = new(() => Assert.Null(listener.Accept()));
        waiting.Start();

        listener.Stop();

        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void An_abstract_address_leaves_no_file()
    {
        string name = "@daxemu-test-" + Guid.NewGuid();
        using SeqPacketListener listener = new(name);
        using SeqPacketConnection client = SeqPacketConnection.Connect(name);

        Assert.False(File.Exists(name));
    }

    [Fact]
    public void A_path_that_does_not_fit_is_ENAMETOOLONG()
    {
        LinuxException refused = Assert.Throws<LinuxException>(() => new SeqPacketListener("/" + new string('x', 107)));

        Assert.Equal(ENAMETOOLONG, refused.Errno);
    }

    [Fact]
    public void Connecting_where_nobody_listens_names_the_path()
    {
        LinuxException refused = Assert.Throws<LinuxException>(() => SeqPacketConnection.Connect(SocketPath));

        Assert.Equal($"connect(\"{SocketPath}\") failed: ENOENT (2)", refused.Message);
    }
}
