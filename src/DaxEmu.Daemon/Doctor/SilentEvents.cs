using DaxEmu.Guards;

namespace DaxEmu.Daemon.Doctor;

/// <summary>For guards that are started only to see whether they can be.</summary>
internal sealed class SilentEvents : IGuardEvents
{
    /// <inheritdoc/>
    public void Information(string message)
    {
    }

    /// <inheritdoc/>
    public void Warning(string message, Exception? cause = null)
    {
    }
}
