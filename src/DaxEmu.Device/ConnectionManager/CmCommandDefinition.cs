using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>An rdma_cm command that is served.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Name">For messages.</param>
/// <param name="RequestLength">Bytes of its struct that must be there.</param>
/// <param name="ResponseLength">Least bytes of room for its response; 0 when it has none.</param>
/// <param name="Handler">Carries it out.</param>
internal sealed record CmCommandDefinition(uint Number, string Name, int RequestLength, int ResponseLength, CmCommandHandler Handler);

/// <summary>Carries out a command.</summary>
internal delegate NicResult CmCommandHandler(CmCommands commands, ref CmCommand command);
