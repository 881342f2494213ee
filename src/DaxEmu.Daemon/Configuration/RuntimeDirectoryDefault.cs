namespace DaxEmu.Daemon.Configuration;

/// <summary>Where the daemon's sockets are when nothing says otherwise.</summary>
internal static class RuntimeDirectoryDefault
{
    /// <summary><c>/run/daxemu</c> for root; else <c>$XDG_RUNTIME_DIR/daxemu</c>, and <c>~/.daxemu</c> where a session has none.</summary>
    public static string Path { get; } = Environment.IsPrivilegedProcess
        ? "/run/daxemu"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } session
            ? System.IO.Path.Combine(session, "daxemu")
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".daxemu");
}
