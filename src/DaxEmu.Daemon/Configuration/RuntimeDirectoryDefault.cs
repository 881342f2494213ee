using DaxEmu.Daemon.Hosting;
using DaxEmu.Linux.Files;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Where the daemon's sockets are when nothing says otherwise; <c>DaxEmu.Client</c> looks for the device in the same places.</summary>
internal static class RuntimeDirectoryDefault
{
    private const string System = "/run/daxemu";

    /// <summary>Where a daemon of this user puts them.</summary>
    public static string ForServing() => ForServing(Environment.IsPrivilegedProcess, Session, UserRuntimeDirectory.CurrentUser);

    /// <summary>Where a daemon is to be asked: this user's own, else the machine's.</summary>
    public static string ForAsking() => ForAsking(
        Environment.IsPrivilegedProcess,
        Session,
        UserRuntimeDirectory.CurrentUser,
        directory => UserRuntimeDirectory.IsTrusted(directory) && File.Exists(RuntimeDirectory.AdminSocketIn(directory)));

    /// <summary><c>/run/daxemu</c> for root, else the user's own.</summary>
    internal static string ForServing(bool isRoot, string? session, uint user) => isRoot ? System : UserRuntimeDirectory.Of(session, user);

    /// <summary>The user's own where a daemon serves there.</summary>
    internal static string ForAsking(bool isRoot, string? session, uint user, Func<string, bool> isServed) =>
        !isRoot && UserRuntimeDirectory.Of(session, user) is var own && isServed(own) ? own : System;

    private static string? Session => Environment.GetEnvironmentVariable(UserRuntimeDirectory.Variable);
}
