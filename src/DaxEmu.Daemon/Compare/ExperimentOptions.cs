namespace DaxEmu.Daemon.Compare;

/// <summary>What is compared, and for how long.</summary>
/// <param name="Executable">The <c>daxemu</c> that all processes run.</param>
/// <param name="Policies">Names of policies.</param>
/// <param name="Seconds">How long the whole takes; each policy gets at least one round.</param>
/// <param name="Seed">What all operations follow from.</param>
internal sealed record ExperimentOptions(string Executable, IReadOnlyList<string> Policies, double Seconds, ulong Seed)
{
    /// <summary>Writers, files and programs.</summary>
    public const int Lanes = 2;

    /// <summary>Called before file and device are compared; for tests that see the comparison fire.</summary>
    public Action<Stage>? BeforeComparing { get; init; }
}
