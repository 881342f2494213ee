using DaxEmu.Contract;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Section <c>Contract</c>.</summary>
/// <param name="Policy">The policy where neither file, directory nor volume sets one; null leaves it to the contract.</param>
/// <param name="PolicySetAt">Key and origin of that setting, for messages.</param>
/// <param name="Admission">What a file on no volume must promise before it is pinned (section <c>Admission</c>).</param>
/// <param name="Limits">How long the policies that wait let an operation wait.</param>
internal sealed record ContractOptions(Policy? Policy, string PolicySetAt, AdmissionRules Admission, ContractLimits Limits);
