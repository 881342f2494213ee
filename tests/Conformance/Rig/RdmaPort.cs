using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The ports of the RDMA connection manager: who listens, the daemon says.</summary>
internal static class RdmaPort
{
    /// <summary>Waits until a program listens.</summary>
    /// <param name="machine">Where.</param>
    /// <param name="port">Its port, in any port space.</param>
    /// <param name="program">The program.</param>
    /// <param name="patience">How long.</param>
    public static async Task WaitUntilListeningAsync(Machine machine, int port, RunningProgram program, TimeSpan patience)
    {
        UnixDomainSocketEndPoint admin = new(Path.Combine(machine.Runtime, "admin.sock"));
        using HttpClient http = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(admin, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        Stopwatch waiting = Stopwatch.StartNew();
        while (!await IsListeningAsync(http, port))
        {
            Assert.False(program.HasExited, $"{program.CommandLine} ended at once. It wrote:\n{program.Text}");
            Assert.True(waiting.Elapsed < patience, $"{program.CommandLine} does not listen. It wrote:\n{program.Text}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<bool> IsListeningAsync(HttpClient http, int port)
    {
        string status = await http.GetStringAsync(new Uri("http://daxemu/v1/status"), TestContext.Current.CancellationToken);
        using JsonDocument parsed = JsonDocument.Parse(status);
        return parsed.RootElement.GetProperty("device").GetProperty("listeners").EnumerateArray()
            .Any(listener => listener.GetProperty("port").GetInt32() == port);
    }
}
