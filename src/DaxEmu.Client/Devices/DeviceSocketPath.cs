using DaxEmu.Linux.Files;

namespace DaxEmu.Client;

/// <summary>Where the daemon's device socket is, when the caller does not say.</summary>
internal static class DeviceSocketPath
{
    /// <summary>The environment variable that names the socket.</summary>
    public const string Variable = "DAXEMU_SOCKET";

    private const string SystemSocket = "/run/daxemu/device.sock";

    /// <summary>The sockets to try, the preferred first.</summary>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <param name="user">The effective user.</param>
    public static IReadOnlyList<string> Candidates(Func<string, string?> environment, uint user)
    {
        if (environment(Variable) is { Length: > 0 } named)
        {
            return [named];
        }

        // A user's own daemon comes before the machine's; root has no session of its own.
        return user != 0
            ? [Path.Combine(UserRuntimeDirectory.Of(environment(UserRuntimeDirectory.Variable), user), "device.sock"), SystemSocket]
            : [SystemSocket];
    }
}
