using DaxEmu.Guards.Watch;
using DaxEmu.Linux;
using DaxEmu.Linux.Events;

namespace DaxEmu.Daemon.Doctor;

/// <summary>The watch over changes that slip past a guard.</summary>
internal static class WatchProbes
{
    private const string Name = "change watch";

    /// <summary>Whether the kernel tells of modifications, and what is not noticed in any case.</summary>
    public static ProbeResult Changes()
    {
        try
        {
            using ModificationWatch modifications = new();
            return ProbeResult.Ok(Name, $"works; it does not notice {string.Join("; ", ChangeWatch.Gaps)}");
        }
        catch (LinuxException failure)
        {
            return ProbeResult.Degraded(
                Name, failure.Message, "What slips past a guard is noticed only when the daemon looks at all files with pins, a few times a second.",
                "Raise fs.inotify.max_user_instances (sysctl).");
        }
    }
}
