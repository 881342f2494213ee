namespace DaxEmu.Daemon.Configuration;

/// <summary>The configuration cannot be used: every problem found, each a line that names its key.</summary>
internal sealed class ConfigurationException : Exception
{
    /// <summary>Makes the exception for a list of problems.</summary>
    /// <param name="problems">At least one line.</param>
    public ConfigurationException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>One line for each problem.</summary>
    public IReadOnlyList<string> Problems { get; }
}
