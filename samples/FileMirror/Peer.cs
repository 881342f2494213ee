using System.Net;
using System.Net.Sockets;

/// <summary>The other process, over TCP: how the two learn each other's addresses before RDMA can begin.</summary>
internal sealed class Peer : IDisposable
{
    private readonly TcpClient _connection;
    private readonly StreamReader _reader;
    private readonly StreamWriter _writer;

    private Peer(TcpClient connection)
    {
        _connection = connection;
        _reader = new StreamReader(connection.GetStream());
        _writer = new StreamWriter(connection.GetStream()) { AutoFlush = true };
    }

    public static Peer Listen(int port)
    {
        using TcpListener listener = new(IPAddress.Loopback, port);
        listener.Start();
        Console.WriteLine($"listening on port {((IPEndPoint)listener.LocalEndpoint).Port}");
        return new Peer(listener.AcceptTcpClient());
    }

    public static Peer Connect(int port) => new(new TcpClient(IPAddress.Loopback.ToString(), port));

    /// <summary>Tells the other process a line and returns the line it tells: each waits for the other.</summary>
    public string Exchange(string line)
    {
        _writer.WriteLine(line);
        return _reader.ReadLine() ?? throw new IOException("the other process has gone");
    }

    public void Dispose() => _connection.Dispose();
}
