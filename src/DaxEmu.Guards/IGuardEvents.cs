namespace DaxEmu.Guards;

/// <summary>Where a guard tells what an administrator should know. Called from serving threads: must be quick and must not throw.</summary>
public interface IGuardEvents
{
    /// <summary>Something worth recording happened as intended, such as a mount.</summary>
    void Information(string message);

    /// <summary>Something is not as it should be, yet the guard goes on.</summary>
    /// <param name="message">What, as a sentence.</param>
    /// <param name="cause">The exception behind it, if any.</param>
    void Warning(string message, Exception? cause = null);
}
