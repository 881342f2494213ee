using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Guards;

namespace DaxEmu.Daemon.Composition;

/// <summary>The policy and the admission rules of a file: what its volume's guard finds on it, or for a file on no volume what is configured.</summary>
internal sealed class PolicySource : IPolicySource, IAdmissionSource
{
    private readonly GuardedVolumes _volumes;
    private readonly PolicyPlace _default;
    private readonly AdmissionRules _admission;
    private readonly Dictionary<GuardedVolume, VolumePolicySource> _sources;

    /// <summary>Makes the sources of all volumes.</summary>
    public PolicySource(DaxEmuOptions options, GuardedVolumes volumes)
    {
        _volumes = volumes;
        _admission = options.Contract.Admission;
        _default = Place(options.Contract.PolicySetAt, options.Contract.Policy);
        _sources = volumes.All.ToDictionary(
            v => v,
            v => new VolumePolicySource(v.Files, Place(v.Options.PolicySetAt, v.Options.Policy), _default));
    }

    /// <inheritdoc/>
    public PolicySetting Resolve(FileIdentity file, string path) => _volumes.OfShownPath(path) is { } volume
        ? _sources[volume].Resolve(file, path)
        : PolicyResolution.Resolve(new PolicyPlace(path, null), [], default, _default);

    /// <inheritdoc/>
    public AdmissionRules RulesOf(FileIdentity file, string path) => _volumes.OfShownPath(path)?.Options.Admission ?? _admission;

    /// <summary>The places that could name the policy, nearest first.</summary>
    public IReadOnlyList<PolicyPlace> PlacesOf(FileIdentity file, string path) =>
        _volumes.OfShownPath(path) is { } volume ? _sources[volume].PlacesOf(file, path) : [_default];

    private static PolicyPlace Place(string setAt, Policy? policy) => new(setAt, policy is { } p ? PolicyName.Of(p) : null);
}
