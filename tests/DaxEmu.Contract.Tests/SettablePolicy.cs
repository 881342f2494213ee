namespace DaxEmu.Contract.Tests;

/// <summary>The same policy and admission rules for all files, and a count of how often it was asked for.</summary>
internal sealed class SettablePolicy : IPolicySource, IAdmissionSource
{
    internal AdmissionRules Rules { get; set; } = AdmissionRules.Default;

    public AdmissionRules RulesOf(FileIdentity file, string path) => Rules;

    internal PolicySetting Setting { get; set; } = new(Policy.Deny, PolicyScope.Configuration, "Policy");

    internal int Asked { get; private set; }

    internal Action WhenAsked { get; set; } = () => { };

    public PolicySetting Resolve(FileIdentity file, string path)
    {
        Asked++;
        WhenAsked();
        return Setting;
    }
}
