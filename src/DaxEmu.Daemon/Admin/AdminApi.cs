using System.Text.Json;
using DaxEmu.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DaxEmu.Daemon.Admin;

/// <summary>
/// The admin API, on the runtime directory's <c>admin.sock</c>. It only answers questions, so every user may ask: who holds a file that
/// one may not change is what lslocks(8) and lsof(8) tell as well.
/// </summary>
internal static class AdminApi
{
    /// <summary>Permissions of its socket.</summary>
    public const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Adds its resources.</summary>
    public static void MapAdminApi(this IEndpointRouteBuilder routes)
    {
        // Made now, not at the first question: it knows since when.
        AdminView view = routes.ServiceProvider.GetRequiredService<AdminView>();
        routes.MapGet("/v1/status", () => Results.Json(view.Status(), AdminJson.Default.DaemonStatus));
        routes.MapGet("/v1/events", (string? path, bool? follow, bool? past) => OfFileOrAll(path, () => follow == true
            ? Lines(view.FollowEvents(path, past ?? true))
            : Results.Json(view.Events(path), AdminJson.Default.IReadOnlyListContractEvent)));
        routes.MapGet("/v1/pins", (string? path) => path is null
            ? Results.Json(view.Pins(), AdminJson.Default.IReadOnlyListPin)
            : OfFile(path, () => Results.Json(view.PinsOf(path), AdminJson.Default.IReadOnlyListPin)));
        routes.MapGet("/v1/why", (string? path) =>
            OfFile(path, () => Results.Json(view.Why(path!), AdminJson.Default.WhyReply)));
        routes.MapGet("/v1/policy", (string? path) =>
            OfFile(path, () => Results.Json(view.PolicyOf(path!), AdminJson.Default.PolicyReply)));
        routes.MapFallback(() => Error(StatusCodes.Status404NotFound, "No such resource: /v1/status, /v1/pins, /v1/why?path=, /v1/policy?path= and /v1/events exist."));
    }

    // One JSON document a line, as they come.
    private static IResult Lines(IAsyncEnumerable<ContractEvent> events) => Results.Stream(
        async body =>
        {
            await foreach (ContractEvent entry in events)
            {
                await JsonSerializer.SerializeAsync(body, entry, AdminJson.OneLine.ContractEvent);
                await body.WriteAsync("\n"u8.ToArray());
                await body.FlushAsync();
            }
        },
        "application/x-ndjson");

    private static IResult OfFileOrAll(string? path, Func<IResult> answer) => path is null ? answer() : OfFile(path, answer);

    private static IResult OfFile(string? path, Func<IResult> answer)
    {
        if (path is null || !Path.IsPathFullyQualified(path))
        {
            return Error(StatusCodes.Status400BadRequest, "path: give the file as an absolute path, as in /v1/why?path=/mnt/f.");
        }

        try
        {
            return answer();
        }
        catch (FileNotFoundException e)
        {
            return Error(StatusCodes.Status404NotFound, e.Message);
        }
        catch (Linux.LinuxException e)
        {
            return Error(StatusCodes.Status422UnprocessableEntity, $"The daemon cannot look the file up: {e.Message}");
        }
    }

    private static IResult Error(int status, string sentence) =>
        Results.Json(new AdminError(sentence), AdminJson.Default.AdminError, statusCode: status);
}
