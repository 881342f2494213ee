using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    private readonly HandleTable<MemoryWindow> _windows = new(int.MaxValue);

    /// <summary>alloc_mw.</summary>
    public NicResult AllocateWindow(ref Command command)
    {
        ib_uverbs_alloc_mw request = command.Read<ib_uverbs_alloc_mw>();
        if (!_domains.TryGet(request.pd_handle, out ProtectionDomain? domain))
        {
            return new NicError(EINVAL, $"there is no protection domain {request.pd_handle}");
        }

        using Rollback rollback = new();
        if (TakeObject(rollback) is { IsOk: false } refusal)
        {
            return refusal;
        }

        NicResult<MemoryWindow> window = Nic.AllocateWindow(domain, request.mw_type);
        if (!window.IsOk)
        {
            return window.Error;
        }

        _windows.TryPeek(out uint handle);
        _windows.Add(window.Value);
        rollback.Commit();
        command.Respond(new ib_uverbs_alloc_mw_resp { mw_handle = handle, rkey = window.Value.Key });
        return NicResult.Ok;
    }

    /// <summary>dealloc_mw.</summary>
    public NicResult DeallocateWindow(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_dealloc_mw>().mw_handle;
        if (!_windows.TryGet(handle, out MemoryWindow? window))
        {
            return new NicError(ENOENT, $"there is no memory window {handle}");
        }

        NicResult gone = Nic.DeallocateWindow(window);
        if (gone.IsOk)
        {
            _windows.Remove(handle);
            _quota.ReturnObject();
        }

        return gone;
    }
}
