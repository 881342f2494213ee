namespace DaxEmu.Daemon.Configuration;

/// <summary>Compares paths by name.</summary>
internal static class PathWithin
{
    /// <summary>Whether a path is a directory or lies below it.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="directory">Another, without a slash at its end but for the root.</param>
    public static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith(directory == "/" ? directory : directory + "/", StringComparison.Ordinal);
}
