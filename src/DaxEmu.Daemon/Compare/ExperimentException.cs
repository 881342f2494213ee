namespace DaxEmu.Daemon.Compare;

/// <summary>The experiment cannot be carried out; the message says why, and what to do where there is something.</summary>
/// <param name="message">A sentence.</param>
internal sealed class ExperimentException(string message) : Exception(message);
