namespace DaxEmu.Daemon.Configuration;

/// <summary>A line of /proc/self/mountinfo.</summary>
/// <param name="Device">The filesystem's own device number, <c>major:minor</c>; a btrfs subvolume's stat(2) shows another.</param>
/// <param name="Root">The directory of the filesystem that is mounted.</param>
/// <param name="Point">Where.</param>
/// <param name="Options">Of the mount.</param>
/// <param name="Type">The filesystem.</param>
/// <param name="Source">A device, an export.</param>
/// <param name="FilesystemOptions">Of the filesystem.</param>
internal sealed record MountEntry(
    string Device, string Root, string Point, string Options, string Type, string Source, string FilesystemOptions);
