using DaxEmu.Contract;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Section <c>Contract</c>.</summary>
/// <param name="Policy">The policy where neither file, directory nor volume sets one.</param>
internal sealed record ContractOptions(Policy Policy);
