using DaxEmu.Abi;
using DaxEmu.Linux.Memory;

namespace DaxEmu.Device.Tests;

/// <summary>The program's side of a shared receive queue.</summary>
internal sealed class TestSharedReceiveQueue(uint handle, MemoryMapping ring) : IDisposable
{
    public uint Handle => handle;

    public void PostReceive(ulong wrId, rxe_sge local) => TestQueuePair.PostReceive(ring, wrId, local);

    public void Dispose() => ring.Dispose();
}
