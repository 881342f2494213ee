using DaxEmu.Contract;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Reads <c>Volumes</c> and checks the directories against each other and against the system.</summary>
internal static class VolumesReader
{
    /// <summary>Reads the list; problems go to the reader.</summary>
    /// <param name="reader">Where to read.</param>
    /// <param name="admission">The admission rules of volumes that set none of their own.</param>
    public static IReadOnlyList<VolumeOptions> Read(SettingReader reader, AdmissionRules admission)
    {
        List<VolumeOptions> volumes = new();
        foreach (string key in reader.Entries("Volumes"))
        {
            VolumeOptions volume = new(
                key,
                Directory(reader, $"{key}:Backing", reader.RequiredText($"{key}:Backing", "the directory to guard")) ?? "",
                Directory(reader, $"{key}:Mount", reader.OptionalText($"{key}:Mount")),
                reader.Choice<Policy>($"{key}:Policy"),
                reader.Place($"{key}:Policy"),
                AdmissionReader.Read(reader, $"{key}:Admission", admission),
                reader.Choice<PassthroughMode>($"{key}:Passthrough") ?? PassthroughMode.Auto,
                reader.Choice<GuardChoice>($"{key}:Guard") ?? GuardChoice.Auto,
                reader.Choice<UnreadableCallers>($"{key}:Unreadable") ?? UnreadableCallers.Strict);
            CheckGuard(volume, reader);
            CheckAgainst(volumes, volume, reader);
            volumes.Add(volume);
        }

        return volumes;
    }

    private static string? Directory(SettingReader reader, string key, string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return path;
        }

        if (!Path.IsPathFullyQualified(path))
        {
            reader.Reject(key, "is not an absolute path");
            return path;
        }

        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

        // A mount that a killed daemon left behind fails every stat with ENOTCONN, yet is a directory: the mount table knows it.
        if (!System.IO.Directory.Exists(path) && MountTable.FilesystemTypeAt(path) is null)
        {
            reader.Reject(key, File.Exists(path) ? "is not a directory" : "does not exist");
        }

        return path;
    }

    private static void CheckGuard(VolumeOptions volume, SettingReader reader)
    {
        if (volume is { Guard: GuardChoice.Fuse, Mount: null })
        {
            reader.Reject($"{volume.Key}:Guard", $"needs {volume.Key}:Mount, the directory to mount the volume on");
        }
        else if (volume is { Guard: not (GuardChoice.Auto or GuardChoice.Fuse), Mount: not null })
        {
            reader.Reject($"{volume.Key}:Guard", $"leaves the files where they are: take {volume.Key}:Mount out, or let the guard be fuse");
        }

        // Settings that would change nothing.
        if (volume is { Mount: null, Passthrough: PassthroughMode.Off })
        {
            reader.Reject($"{volume.Key}:Passthrough", $"is of a mounted volume; this one has no {volume.Key}:Mount");
        }

        bool mayAskForUnreadable = volume is { Mount: null, Guard: GuardChoice.Auto or GuardChoice.Fanotify };
        if (!mayAskForUnreadable && reader.Choice<UnreadableCallers>($"{volume.Key}:Unreadable") is not null)
        {
            reader.Reject($"{volume.Key}:Unreadable", $"is for the fanotify guard, which is not {volume.Key}'s");
        }
    }

    private static void CheckAgainst(List<VolumeOptions> earlier, VolumeOptions volume, SettingReader reader)
    {
        if (volume.Backing.Length == 0)
        {
            return;
        }

        if (volume.Mount is { } mount && (PathWithin.IsWithin(mount, volume.Backing) || PathWithin.IsWithin(volume.Backing, mount)))
        {
            reader.Reject($"{volume.Key}:Mount", $"and {volume.Key}:Backing \"{volume.Backing}\" lie one inside the other: the guard would serve itself");
        }

        foreach (VolumeOptions other in earlier)
        {
            if (volume.Mount is not null && other.Mount == volume.Mount)
            {
                reader.Reject($"{volume.Key}:Mount", $"is already the mount of {other.Key}");
            }
            else if ((volume.Mount is null || other.Mount is null) && Directories(other).Any(d => Directories(volume).Any(v => PathWithin.IsWithin(d, v) || PathWithin.IsWithin(v, d))))
            {
                // A file must have one guard, and one place where its policy is looked for.
                reader.Reject($"{volume.Key}:Backing", $"and the directories of {other.Key} lie one inside the other, and one of the two is guarded in place");
            }
        }
    }

    private static IEnumerable<string> Directories(VolumeOptions volume) => volume.Mount is null ? [volume.Backing] : [volume.Backing, volume.Mount];
}
