namespace DaxEmu.Guards.Preload;

/// <summary>What clients may take up, and how long.</summary>
public sealed record PreloadLimits
{
    /// <summary>The defaults.</summary>
    public static PreloadLimits Default { get; } = new();

    /// <summary>Connections of one user at a time: an operation that waits is one, and has a thread here.</summary>
    public int ConnectionsPerUser { get; init; } = 512;

    /// <summary>Connections of all users.</summary>
    public int Connections { get; init; } = 4096;

    /// <summary>
    /// How long an operation may be in flight: registrations on its range wait so long at most for a client that was stopped in the midst of it.
    /// </summary>
    public TimeSpan InFlight { get; init; } = TimeSpan.FromSeconds(60);
}
