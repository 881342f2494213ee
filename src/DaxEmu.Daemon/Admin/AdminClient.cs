using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;

namespace DaxEmu.Daemon.Admin;

/// <summary>Asks a running daemon over its admin socket.</summary>
internal sealed class AdminClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _directory;

    /// <summary>Makes a client; nothing is connected before the first question.</summary>
    /// <param name="sockets">Where the daemon is.</param>
    public AdminClient(SocketsOptions sockets)
    {
        _directory = sockets.Directory;
        UnixDomainSocketEndPoint endPoint = new(RuntimeDirectory.AdminSocketIn(_directory));
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, cancellation) => ConnectAsync(endPoint, cancellation) })
        {
            BaseAddress = new Uri("http://daxemu/"),
        };
    }

    /// <summary>What the daemon serves.</summary>
    public Task<DaemonStatus> StatusAsync(CancellationToken cancellation) =>
        GetAsync("v1/status", AdminJson.Default.DaemonStatus, cancellation);

    /// <summary>The pins held, on one file or on all.</summary>
    /// <param name="path">A name of the file, absolute, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IReadOnlyList<Pin>> PinsAsync(string? path, CancellationToken cancellation) =>
        GetAsync("v1/pins" + Query(path), AdminJson.Default.IReadOnlyListPin, cancellation);

    /// <summary>What the daemon knows of a file.</summary>
    /// <param name="path">A name of the file, absolute.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<WhyReply> WhyAsync(string path, CancellationToken cancellation) =>
        GetAsync("v1/why" + Query(path), AdminJson.Default.WhyReply, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string Query(string? path) => path is null ? "" : "?path=" + Uri.EscapeDataString(path);

    private static async ValueTask<Stream> ConnectAsync(EndPoint endPoint, CancellationToken cancellation)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<T> GetAsync<T>(string resource, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri(resource, UriKind.Relative), cancellation);
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
            if (!response.IsSuccessStatusCode)
            {
                AdminError? error = await JsonSerializer.DeserializeAsync(body, AdminJson.Default.AdminError, cancellation);
                throw new AdminException(error?.Error ?? $"The daemon answered {(int)response.StatusCode}.");
            }

            return (await JsonSerializer.DeserializeAsync(body, type, cancellation))!;
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            throw new DaemonUnreachableException($"The daemon on {_directory} may not be asked by this user (permission denied).");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new DaemonUnreachableException(
                $"No daemon answers on {_directory}. Start one with \"daxemu serve\", or name its runtime directory with --socket DIR.");
        }
    }
}
