using DaxEmu.Contract;

namespace DaxEmu.Device.Tests;

/// <summary>One policy for all files.</summary>
/// <param name="policy">It.</param>
internal sealed class FixedPolicy(Policy policy) : IPolicySource, IAdmissionSource
{
    public AdmissionRules Rules { get; set; } = AdmissionRules.Default;

    public AdmissionRules RulesOf(FileIdentity file, string path) => Rules;

    public PolicySetting Resolve(FileIdentity file, string path) => new(policy, PolicyScope.Configuration, "test");
}
