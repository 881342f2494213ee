using System.Runtime.InteropServices;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Linux.Memory;

/// <summary>Makes what was stored into mappings of files durable: msync(2).</summary>
public static unsafe class MappedSync
{
    /// <summary>Writes a range to the files behind it and waits until it is on stable storage.</summary>
    /// <param name="start">First byte, in a shared mapping.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>0, or the errno: EIO when a write failed, ENOMEM when not all of it is mapped.</returns>
    public static int Sync(nint start, nuint length)
    {
        nuint slack = (nuint)start % (nuint)Environment.SystemPageSize;
        return MemoryCalls.Msync((void*)((nuint)start - slack), length + slack, MS_SYNC) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
