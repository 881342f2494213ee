using System.Text;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Guards;

/// <summary>
/// The policy of a file of a volume: its own extended attribute <c>user.daxemu.policy</c>, else that of the nearest directory above it
/// up to the volume's root, else what is configured.
/// </summary>
/// <param name="volume">The volume.</param>
/// <param name="volumeSetting">The volume's entry in the configuration.</param>
/// <param name="defaultSetting">The configuration's default.</param>
public sealed class VolumePolicySource(Volume volume, PolicyPlace volumeSetting, PolicyPlace defaultSetting) : IPolicySource
{
    private static readonly byte[] Attribute = Encoding.ASCII.GetBytes(PolicyName.Attribute + "\0");

    /// <inheritdoc/>
    public PolicySetting Resolve(FileIdentity file, string path) => OfFile(
        file, path, (own, above) => PolicyResolution.Resolve(own, above, volumeSetting, defaultSetting));

    /// <summary>All places that could name the file's policy, nearest first: the file, its directories, the volume, the default.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">A name of it as programs see it.</param>
    public IReadOnlyList<PolicyPlace> PlacesOf(FileIdentity file, string path) =>
        OfFile<IReadOnlyList<PolicyPlace>>(file, path, (own, above) => [own, .. above, volumeSetting, defaultSetting]);

    private T OfFile<T>(FileIdentity file, string path, Func<PolicyPlace, IEnumerable<PolicyPlace>, T> judge)
    {
        using HeldFile? known = volume.HoldKnown(file);
        if (known is null)
        {
            return OfName(path, judge);
        }

        byte[] below = volume.PathBelow(known.Handle);
        return judge(new(volume.ShownPath(below), Read(known.Handle)), Above(below));
    }

    // The guard has forgotten the file since it was last used; its name is what is left.
    private T OfName<T>(string path, Func<PolicyPlace, IEnumerable<PolicyPlace>, T> judge)
    {
        string prefix = volume.ShownDirectory + "/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
        {
            return judge(new(path, null), []);
        }

        byte[] below = Encoding.UTF8.GetBytes(path[prefix.Length..]);
        using SafeFileHandle? file = Open(below, O_PATH | OpenFlags.NoFollow);
        return judge(new(volume.ShownPath(below), file is null ? null : Read(file)), Above(below));
    }

    // By names, nearest first. A name that was changed an instant ago has no attribute; the one farther up counts then.
    private IEnumerable<PolicyPlace> Above(byte[] below)
    {
        for (int end = Array.LastIndexOf(below, (byte)'/'); end > 0; end = Array.LastIndexOf(below, (byte)'/', end - 1))
        {
            using SafeFileHandle? directory = Open(below.AsSpan(0, end), O_PATH | OpenFlags.Directory | OpenFlags.NoFollow);
            yield return new(volume.ShownPath(below.AsSpan(0, end)), directory is null ? null : Read(directory));
        }

        yield return new(volume.ShownDirectory, Read(volume.Root));
    }

    private SafeFileHandle? Open(ReadOnlySpan<byte> below, int flags)
    {
        _ = FileNames.Open(volume.Root, [.. below, 0], flags, 0, out SafeFileHandle? opened);
        return opened;
    }

    private static string? Read(SafeFileHandle file)
    {
        Span<byte> value = stackalloc byte[256];
        int length = FileStatus.GetExtended(file, Attribute, value);

        // A value too long for the buffer names no policy either, and that must be said.
        return length >= 0 ? Encoding.UTF8.GetString(value[..length]) : length == -ERANGE ? "(longer than 256 bytes)" : null;
    }
}
