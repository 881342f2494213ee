using DaxEmu.Contract;

namespace DaxEmu.Daemon.Admin;

/// <summary>GET /v1/policy: the policy in force for a file.</summary>
/// <param name="Path">The name asked for.</param>
/// <param name="Mount">The guarded volume it lies on; null when it lies on none, so that its policy is never asked for.</param>
/// <param name="Policy">The policy, and where it is set.</param>
/// <param name="Places">The places that could name one, nearest first, and what they say.</param>
/// <param name="Admission">What the file must promise before it is pinned.</param>
/// <param name="PinCount">Pins held on the file now.</param>
internal sealed record PolicyReply(
    string Path, string? Mount, PolicySetting Policy, IReadOnlyList<PolicyPlace> Places, AdmissionRules Admission, int PinCount);
