using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Client;

/// <summary>
/// An rkey of its own for a part of a region, given and taken by work requests, without a registration: <c>struct ibv_mw</c>. Made by
/// <see cref="ProtectionDomain.AllocateWindow"/>, bound by <see cref="QueuePair.PostBind"/>.
/// </summary>
public sealed class MemoryWindow : IDisposable
{
    private readonly ProtectionDomain _domain;
    private readonly uint _handle;
    private int _disposed;

    internal MemoryWindow(ProtectionDomain domain, MemoryWindowType type, ib_uverbs_alloc_mw_resp response)
    {
        _domain = domain;
        _handle = response.mw_handle;
        Type = type;
        RKey = response.rkey;
    }

    /// <summary>Its kind.</summary>
    public MemoryWindowType Type { get; }

    /// <summary>
    /// Its rkey, as of the last binding that was posted; when that completes in error it is the one before, which only the caller knows.
    /// </summary>
    public uint RKey { get; internal set; }

    /// <summary>
    /// Deallocates it (<c>ibv_dealloc_mw</c>), bound or not. When it returns, the device no longer touches memory through it.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            _domain.Device.Destroy("dealloc_mw", IB_USER_VERBS_CMD_DEALLOC_MW, new ib_uverbs_dealloc_mw { mw_handle = _handle });
        }
        finally
        {
            _domain.Owned.Remove(this);
        }
    }
}
