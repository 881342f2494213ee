using DaxEmu.Contract;

namespace DaxEmu.Daemon.Configuration;

/// <summary>An entry of <c>Volumes</c>: a directory whose files are guarded, on a mount elsewhere or where they are.</summary>
/// <param name="Key">Its configuration key, such as <c>Volumes:0</c>, for messages.</param>
/// <param name="Backing">The real directory, absolute.</param>
/// <param name="Mount">Where programs see it, absolute; null when it is guarded in place.</param>
/// <param name="Policy">The volume's policy, or null when it has none of its own.</param>
/// <param name="PolicySetAt">Key and origin of that policy, for messages.</param>
/// <param name="Admission">What its files must promise before they are pinned.</param>
/// <param name="Passthrough">Whether to use the kernel's FUSE passthrough.</param>
/// <param name="Guard">What guards it.</param>
/// <param name="Unreadable">What becomes of callers that the fanotify guard cannot read.</param>
internal sealed record VolumeOptions(
    string Key,
    string Backing,
    string? Mount,
    Policy? Policy,
    string PolicySetAt,
    AdmissionRules Admission,
    PassthroughMode Passthrough,
    GuardChoice Guard,
    UnreadableCallers Unreadable)
{
    /// <summary>The directory in which programs see its files.</summary>
    public string Shown => Mount ?? Backing;
}
