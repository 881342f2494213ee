namespace DaxEmu.Contract;

/// <summary>
/// Which of the places that may name a policy is in force: the nearest that is set, of file, directories, volume and configuration.
/// </summary>
public static class PolicyResolution
{
    private const int MaxQuoted = 40;

    /// <summary>
    /// Resolves the policy. A place whose value names no policy is not passed over, for what its author meant may have been stricter than
    /// what is set farther away: it means <c>deny</c>, and <see cref="PolicySetting.Problem"/> says so.
    /// </summary>
    /// <param name="file">The file and its attribute.</param>
    /// <param name="directories">
    /// The directories above it and their attributes, nearest first, up to the volume's root; read only as far as needed.
    /// </param>
    /// <param name="volume">The configuration key of the volume's policy and its value.</param>
    /// <param name="configured">
    /// The configuration key of the default and its value; when that is null too, the policy is <c>deny</c>.
    /// </param>
    public static PolicySetting Resolve(
        PolicyPlace file, IEnumerable<PolicyPlace> directories, PolicyPlace volume, PolicyPlace configured)
    {
        if (file.Value is not null)
        {
            return OfAttribute(PolicyScope.File, file);
        }

        foreach (PolicyPlace directory in directories)
        {
            if (directory.Value is not null)
            {
                return OfAttribute(PolicyScope.Directory, directory);
            }
        }

        if (volume.Value is not null)
        {
            return Of(PolicyScope.Volume, volume.Where, volume.Value);
        }

        return configured.Value is not null
            ? Of(PolicyScope.Configuration, configured.Where, configured.Value)
            : new(Policy.Deny, PolicyScope.Configuration, $"{configured.Where} (not set: built-in default)");
    }

    private static PolicySetting OfAttribute(PolicyScope scope, PolicyPlace place) =>
        Of(scope, $"{place.Where} ({PolicyName.Attribute})", place.Value!);

    private static PolicySetting Of(PolicyScope scope, string setAt, string value) =>
        PolicyName.TryParse(value, out Policy policy)
            ? new(policy, scope, setAt)
            : new(
                policy,
                scope,
                setAt,
                $"{Quote(value)} names no policy ({string.Join(", ", PolicyName.All)}): {PolicyName.Of(policy)} is used.");

    // Anyone who may write the file chooses the value: it must not be able to flood or to steer a terminal.
    private static string Quote(string value)
    {
        string shown = value.Length > MaxQuoted ? string.Concat(value.AsSpan(0, MaxQuoted), "...") : value;
        return $"\"{string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c))}\"";
    }
}
