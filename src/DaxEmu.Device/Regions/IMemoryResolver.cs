using DaxEmu.Abi;
using DaxEmu.Linux.Sockets;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>
/// Finds out what a client's memory really is. Resolvers can be stacked: one for a guard's mount recognises its own files and leaves the
/// others to the next.
/// </summary>
public interface IMemoryResolver
{
    /// <summary>Looks at the descriptor behind a segment of client memory. Called on the client's session thread.</summary>
    /// <param name="descriptor">
    /// As the client passed it; the caller closes it. Rights come from its open mode, never from what the client says.
    /// </param>
    /// <param name="segment">Where in it the memory lies; as the client said, unchecked.</param>
    /// <param name="client">Who asks.</param>
    /// <returns>The memory, which the caller disposes; or the errno that mmap(2) would give, with a sentence.</returns>
    NicResult<ResolvedMemory> Resolve(SafeFileHandle descriptor, daxemu_segment segment, PeerCredentials client);
}
