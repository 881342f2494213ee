using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Programs;

/// <summary><c>libdaxemu-preload.so</c>, which brings a program's RDMA libraries to the daemon.</summary>
internal static class PreloadLibrary
{
    private const string Preload = "LD_PRELOAD";
    private const string Socket = "DAXEMU_SOCKET";

    /// <summary>Beside this program.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "libdaxemu-preload.so");

    /// <summary>Makes a program load it and use a daemon's device.</summary>
    /// <param name="environment">The program's.</param>
    /// <param name="deviceSocket">The daemon's device socket.</param>
    /// <exception cref="ConfigurationException">The library lies where the dynamic loader cannot be told of it.</exception>
    public static void AddTo(IDictionary<string, string?> environment, string deviceSocket)
    {
        // ld.so(8): the names are separated by spaces or colons, and nothing escapes them.
        if (Path.AsSpan().IndexOfAny(' ', ':') >= 0)
        {
            throw new ConfigurationException([$"\"{Path}\" cannot be preloaded: {Preload} takes no path with a space or a colon"]);
        }

        string? others = environment.TryGetValue(Preload, out string? value) ? value : null;
        environment[Preload] = string.IsNullOrEmpty(others) ? Path : $"{Path}:{others}";
        environment[Socket] = deviceSocket;
    }
}
