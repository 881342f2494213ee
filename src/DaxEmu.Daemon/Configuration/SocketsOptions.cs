namespace DaxEmu.Daemon.Configuration;

/// <summary>Section <c>Sockets</c>: where clients find the daemon.</summary>
/// <param name="Directory">The runtime directory, absolute: the sockets and the lock file live in it.</param>
internal sealed record SocketsOptions(string Directory)
{
    /// <summary>Bytes of sun_path with its terminating NUL (unix(7)).</summary>
    private const int SunPathSize = 108;

    /// <summary>Room for the name of a socket in the directory, in bytes.</summary>
    private const int LongestName = 16;

    /// <summary>The longest runtime directory, in bytes, that leaves room for a socket's name in it.</summary>
    public const int LongestDirectory = SunPathSize - 1 - 1 - LongestName;
}
