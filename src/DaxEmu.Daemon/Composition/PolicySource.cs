using DaxEmu.Contract;

namespace DaxEmu.Daemon.Composition;

internal sealed class PolicySource(Configuration.DaxEmuOptions o) : IPolicySource
{
    public PolicySetting Resolve(FileIdentity file, string path) => PolicyResolution.Resolve(new(path, null), [], default, new(o.Contract.PolicySetAt, o.Contract.Policy is { } p ? PolicyName.Of(p) : null));
}
