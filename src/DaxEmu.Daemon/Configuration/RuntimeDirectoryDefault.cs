using DaxEmu.Daemon.Hosting;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Where the daemon's sockets are when nothing says otherwise; <c>DaxEmu.Client</c> looks for the device in the same places.</summary>
internal static class RuntimeDirectoryDefault
{
    private const string System = "/run/daxemu";

    /// <summary>Where a daemon of this user puts them; null when the user's session has no place for them.</summary>
    public static string? ForServing() => ForServing(Environment.IsPrivilegedProcess, Session);

    /// <summary>Where a daemon is to be asked: this user's own, else the machine's.</summary>
    public static string ForAsking() =>
        ForAsking(Environment.IsPrivilegedProcess, Session, directory => File.Exists(RuntimeDirectory.AdminSocketIn(directory)));

    /// <summary><c>/run/daxemu</c> for root, else <c>$XDG_RUNTIME_DIR/daxemu</c>.</summary>
    internal static string? ForServing(bool isRoot, string? session) => isRoot ? System : OfSession(session);

    /// <summary>The user's own where a daemon serves there.</summary>
    internal static string ForAsking(bool isRoot, string? session, Func<string, bool> isServed) =>
        !isRoot && OfSession(session) is { } own && isServed(own) ? own : System;

    private static string? Session => Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");

    private static string? OfSession(string? session) => string.IsNullOrEmpty(session) ? null : Path.Combine(session, "daxemu");
}
