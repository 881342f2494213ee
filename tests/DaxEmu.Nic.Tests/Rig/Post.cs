using DaxEmu.Abi;
using static DaxEmu.Abi.ib_selectivity_level;
using static DaxEmu.Abi.ib_uverbs_wr_opcode;
using static DaxEmu.Abi.ibv_send_flags;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>A send work request, as struct ibv_send_wr has it.</summary>
internal sealed record Post
{
    public uint Opcode { get; init; } = IBV_WR_SEND;

    public ulong Id { get; init; }

    public uint Flags { get; init; } = IBV_SEND_SIGNALED;

    public rxe_sge[] Sges { get; init; } = [];

    public byte[]? Inline { get; init; }

    public ulong RemoteAddress { get; init; }

    public uint RemoteKey { get; init; }

    public uint Immediate { get; init; }

    public uint RemoteQp { get; init; }

    public uint RemoteQkey { get; init; }

    /// <summary>ah_num.</summary>
    public uint Handle { get; init; }

    /// <summary>The address in the work request itself, which counts when <see cref="Handle"/> is 0.</summary>
    public rxe_av Address { get; init; }

    public bool IsDatagram { get; init; }

    public ulong CompareAdd { get; init; }

    public ulong Swap { get; init; }

    public byte FlushType { get; init; }

    public byte FlushLevel { get; init; }

    public uint FlushLength { get; init; }

    public ulong WindowLength { get; init; }

    public uint RegionKey { get; init; }

    public uint NewKey { get; init; }

    public uint Access { get; init; }

    /// <summary>Binds a window that has <paramref name="key"/> now to part of a region; its key is the next one then.</summary>
    public static Post Bind(ulong id, uint key, TestRegion region, ulong offset, ulong length, uint access) => new()
    {
        Opcode = IBV_WR_BIND_MW,
        Id = id,
        RemoteKey = key,
        NewKey = Next(key),
        RegionKey = region.Key,
        RemoteAddress = region.Address + offset,
        WindowLength = length,
        Access = access,
    };

    public static Post Flush(ulong id, TestRegion remote, ulong offset, uint length, uint type, uint level = IB_FLUSH_RANGE) => new()
    {
        Opcode = IB_UVERBS_WR_FLUSH,
        Id = id,
        RemoteKey = remote.Key,
        RemoteAddress = remote.Address + offset,
        FlushLength = length,
        FlushType = (byte)type,
        FlushLevel = (byte)level,
    };

    public static Post Invalidate(ulong id, uint key) => new() { Opcode = IBV_WR_LOCAL_INV, Id = id, Immediate = key };

    /// <summary>ibv_inc_rkey(3).</summary>
    public static uint Next(uint key) => (key & ~0xffU) | ((key + 1) & 0xff);

    public static Post Send(ulong id, params rxe_sge[] sges) => new() { Id = id, Sges = sges };

    public static Post Write(ulong id, TestRegion remote, ulong offset, params rxe_sge[] sges) =>
        new() { Opcode = IBV_WR_RDMA_WRITE, Id = id, RemoteAddress = remote.Address + offset, RemoteKey = remote.Key, Sges = sges };

    public static Post Read(ulong id, TestRegion remote, ulong offset, params rxe_sge[] sges) =>
        Write(id, remote, offset, sges) with { Opcode = IBV_WR_RDMA_READ };

    public static Post CompareSwap(ulong id, TestRegion remote, ulong offset, ulong compare, ulong swap, rxe_sge into) =>
        Write(id, remote, offset, into) with { Opcode = IBV_WR_ATOMIC_CMP_AND_SWP, CompareAdd = compare, Swap = swap };

    public static Post FetchAdd(ulong id, TestRegion remote, ulong offset, ulong add, rxe_sge into) =>
        Write(id, remote, offset, into) with { Opcode = IBV_WR_ATOMIC_FETCH_AND_ADD, CompareAdd = add };
}
