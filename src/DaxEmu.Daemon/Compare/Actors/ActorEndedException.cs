namespace DaxEmu.Daemon.Compare;

/// <summary>A process of the experiment is gone.</summary>
/// <param name="role">What it did.</param>
/// <param name="message">Which it was, and what it was asked.</param>
internal sealed class ActorEndedException(ActorRole role, string message) : Exception(message)
{
    /// <summary>What it did.</summary>
    public ActorRole Role { get; } = role;
}
