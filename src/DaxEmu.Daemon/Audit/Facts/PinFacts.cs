namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>What the running kernel answered.</summary>
/// <param name="Kernel">Its release.</param>
/// <param name="Answers">Each mapping asked for, in order.</param>
internal sealed record PinFacts(string Kernel, IReadOnlyList<PinAnswer> Answers)
{
    /// <summary>The answer for a mapping.</summary>
    public PinAnswer Of(PinMapping mapping) => Answers.First(a => a.Mapping == mapping);
}
