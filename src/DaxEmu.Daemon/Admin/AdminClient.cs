using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
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

    /// <summary>The journal: all of it, or what it has of a file.</summary>
    /// <param name="path">A name of the file, absolute, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IReadOnlyList<ContractEvent>> EventsAsync(string? path, CancellationToken cancellation) =>
        GetAsync("v1/events" + Query(path), AdminJson.Default.IReadOnlyListContractEvent, cancellation);

    /// <summary>The journal, and then what comes, until the daemon ends.</summary>
    /// <param name="path">A name of the file, absolute, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    public async IAsyncEnumerable<ContractEvent> FollowEventsAsync(
        string? path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string resource = "v1/events" + Query(path);
        Uri uri = new(resource + (path is null ? "?" : "&") + "follow=true", UriKind.Relative);
        using HttpResponseMessage response = await AskAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellation);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(cancellation));
        while (await NextAsync(lines, cancellation) is { } line)
        {
            yield return JsonSerializer.Deserialize(line, AdminJson.Default.ContractEvent)!;
        }
    }

    /// <summary>The policy in force for a file, and the places that could name one.</summary>
    /// <param name="path">A name of the file, absolute.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PolicyReply> PolicyAsync(string path, CancellationToken cancellation) =>
        GetAsync("v1/policy" + Query(path), AdminJson.Default.PolicyReply, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string Query(string? path) => path is null ? "" : "?path=" + Uri.EscapeDataString(path);

    // A daemon that ends closes the stream in the middle: that is the end of the events.
    private static async Task<string?> NextAsync(StreamReader lines, CancellationToken cancellation)
    {
        try
        {
            return await lines.ReadLineAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return null;
        }
    }

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
        using HttpResponseMessage response = await AskAsync(
            new Uri(resource, UriKind.Relative), HttpCompletionOption.ResponseContentRead, cancellation);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        return (await JsonSerializer.DeserializeAsync(body, type, cancellation))!;
    }

    private async Task<HttpResponseMessage> AskAsync(Uri resource, HttpCompletionOption completion, CancellationToken cancellation)
    {
        try
        {
            HttpResponseMessage response = await _http.GetAsync(resource, completion, cancellation);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
                AdminError? error = await JsonSerializer.DeserializeAsync(body, AdminJson.Default.AdminError, cancellation);
                throw new AdminException(error?.Error ?? $"The daemon answered {(int)response.StatusCode}.");
            }
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
