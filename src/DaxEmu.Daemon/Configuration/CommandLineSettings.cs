using System.Globalization;

namespace DaxEmu.Daemon.Configuration;

/// <summary>The settings that <c>daxemu serve</c> takes as options. What is null or empty is left to the weaker sources.</summary>
internal sealed record CommandLineSettings
{
    /// <summary>The runtime directory.</summary>
    public string? Socket { get; init; }

    /// <summary>The default policy.</summary>
    public string? Policy { get; init; }

    /// <summary>The device's name.</summary>
    public string? Device { get; init; }

    /// <summary>Volumes as <c>BACKING[:MOUNT[:POLICY]]</c>, in addition to those of the file; an empty MOUNT guards in place.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Whether the volumes given here use FUSE passthrough.</summary>
    public string? Passthrough { get; init; }

    /// <summary>What guards the volumes given here.</summary>
    public string? Guard { get; init; }

    /// <summary>As configuration pairs.</summary>
    /// <param name="firstVolume">Index of the first volume: those configured elsewhere keep theirs.</param>
    /// <exception cref="ConfigurationException">A volume is not of the form above.</exception>
    public IEnumerable<KeyValuePair<string, string?>> ToPairs(int firstVolume)
    {
        if (Socket is not null)
        {
            yield return new("Sockets:Directory", Path.GetFullPath(Socket));
        }

        if (Policy is not null)
        {
            yield return new("Contract:Policy", Policy);
        }

        if (Device is not null)
        {
            yield return new("Device:Name", Device);
        }

        for (int i = 0; i < Volumes.Count; i++)
        {
            string[] parts = Volumes[i].Split(':');
            if (parts.Length > 3 || parts[0].Length == 0 || parts[^1].Length == 0)
            {
                throw new ConfigurationException(
                    [$"--volume: \"{Volumes[i]}\" is not BACKING, BACKING:MOUNT, BACKING:MOUNT:POLICY or BACKING::POLICY (a path with a colon goes in the configuration file)"]);
            }

            string key = "Volumes:" + (firstVolume + i).ToString(CultureInfo.InvariantCulture);
            yield return new($"{key}:Backing", Path.GetFullPath(parts[0]));
            if (parts.Length > 1 && parts[1].Length > 0)
            {
                yield return new($"{key}:Mount", Path.GetFullPath(parts[1]));
            }

            if (parts.Length == 3)
            {
                yield return new($"{key}:Policy", parts[2]);
            }

            if (Guard is not null)
            {
                yield return new($"{key}:Guard", Guard);
            }

            if (Passthrough is not null)
            {
                yield return new($"{key}:Passthrough", Passthrough);
            }
        }
    }
}
