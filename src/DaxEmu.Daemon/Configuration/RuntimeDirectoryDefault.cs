namespace DaxEmu.Daemon.Configuration;

/// <summary>Where the daemon's sockets are when nothing says otherwise.</summary>
internal static class RuntimeDirectoryDefault
{
    /// <summary><c>/run/daxemu</c> for root; else <c>$XDG_RUNTIME_DIR/daxemu</c>, or the same below <c>/run/user/UID</c>.</summary>
    public static string Path { get; } = Environment.IsPrivilegedProcess
        ? "/run/daxemu"
        : System.IO.Path.Combine(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? $"/run/user/{Linux_getuid()}", "daxemu");
}
