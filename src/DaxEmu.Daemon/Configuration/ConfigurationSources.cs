using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace DaxEmu.Daemon.Configuration;

/// <summary>The configuration's three sources, weakest first: file, environment, command line; and where each value came from.</summary>
internal sealed class ConfigurationSources
{
    /// <summary>What the names of environment variables begin with, as in <c>DAXEMU__ENGINE__WORKERS</c>.</summary>
    public const string EnvironmentPrefix = "DAXEMU__";

    /// <summary>The origin of a key that no source sets.</summary>
    public const string Default = "default";

    private readonly string? _file;

    private ConfigurationSources(IConfigurationRoot values, string? file)
    {
        Values = values;
        _file = file;
    }

    /// <summary>The values in force.</summary>
    public IConfigurationRoot Values { get; }

    /// <summary>Reads all sources.</summary>
    /// <param name="named">The configuration file that the user named, or null for the usual places.</param>
    /// <param name="settings">What the command line sets.</param>
    /// <exception cref="ConfigurationException">The file is missing or is not JSON.</exception>
    public static ConfigurationSources Load(string? named, CommandLineSettings settings)
    {
        string? file = ConfigurationFile.Find(named);
        byte[]? text = file is null ? null : ConfigurationFile.Read(file);
        int configuredVolumes = Stored(text).Build().GetSection("Volumes").GetChildren().Count();
        IConfigurationBuilder builder = Stored(text).AddInMemoryCollection(settings.ToPairs(configuredVolumes));
        return new ConfigurationSources(builder.Build(), file);
    }

    /// <summary>The place that set a key, as a user would look for it.</summary>
    public string OriginOf(string key) =>
        Values.Providers.LastOrDefault(p => Sets(p, key)) switch
        {
            JsonStreamConfigurationProvider => _file!,
            EnvironmentVariablesConfigurationProvider =>
                $"environment variable {EnvironmentPrefix}{key.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal)}",
            null => Default,
            _ => "command line",
        };

    private static IConfigurationBuilder Stored(byte[]? file)
    {
        ConfigurationBuilder builder = new();
        if (file is not null)
        {
            builder.AddJsonStream(new MemoryStream(file));
        }

        return builder.AddEnvironmentVariables(EnvironmentPrefix);
    }

    // A section has no value of its own: whoever sets something in it has set it.
    private static bool Sets(IConfigurationProvider provider, string key) =>
        provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any();
}
