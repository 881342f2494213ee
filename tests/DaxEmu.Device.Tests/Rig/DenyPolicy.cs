using DaxEmu.Contract;

namespace DaxEmu.Device.Tests;

internal sealed class DenyPolicy : IPolicySource
{
    public PolicySetting Resolve(FileIdentity file, string path) => new(Policy.Deny, PolicyScope.Configuration, "test");
}
