using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The TCP ports over which test programs find each other.</summary>
internal static class TcpPort
{
    // include/net/tcp_states.h.
    private const string Listening = "0A";

    /// <summary>A port that nobody uses just now.</summary>
    public static int Unused()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Waits until a program listens; a connection to find out would be taken for a client.</summary>
    public static async Task WaitUntilListeningAsync(int port, RunningProgram program, TimeSpan patience)
    {
        Stopwatch waiting = Stopwatch.StartNew();
        while (!IsListening(port))
        {
            Assert.False(program.HasExited, $"{program.CommandLine} ended at once. It wrote:\n{program.Text}");
            Assert.True(waiting.Elapsed < patience, $"{program.CommandLine} does not listen. It wrote:\n{program.Text}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    // proc_net_tcp: "sl local_address rem_address st ...", hexadecimal.
    private static bool IsListening(int port)
    {
        string end = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(fields => fields[1].EndsWith(end, StringComparison.Ordinal) && fields[3] == Listening);
    }
}
