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
                Directory(reader, $"{key}:Backing", "the directory to guard"),
                Directory(reader, $"{key}:Mount", "the directory to mount it on"),
                reader.Choice<Policy>($"{key}:Policy"),
                reader.Place($"{key}:Policy"),
                AdmissionReader.Read(reader, $"{key}:Admission", admission),
                reader.Choice<PassthroughMode>($"{key}:Passthrough") ?? PassthroughMode.Auto);
            CheckAgainst(volumes, volume, reader);
            volumes.Add(volume);
        }

        return volumes;
    }

    private static string Directory(SettingReader reader, string key, string meaning)
    {
        string path = reader.RequiredText(key, meaning);
        if (path.Length == 0)
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

    private static void CheckAgainst(List<VolumeOptions> earlier, VolumeOptions volume, SettingReader reader)
    {
        if (volume.Backing.Length == 0 || volume.Mount.Length == 0)
        {
            return;
        }

        if (IsWithin(volume.Mount, volume.Backing) || IsWithin(volume.Backing, volume.Mount))
        {
            reader.Reject($"{volume.Key}:Mount", $"and {volume.Key}:Backing \"{volume.Backing}\" lie one inside the other: the guard would serve itself");
        }

        foreach (VolumeOptions other in earlier.Where(o => o.Mount == volume.Mount))
        {
            reader.Reject($"{volume.Key}:Mount", $"is already the mount of {other.Key}");
        }
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith(directory == "/" ? directory : directory + "/", StringComparison.Ordinal);
}
