using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    private readonly HandleTable<ProtectionDomain> _domains = new(int.MaxValue);

    /// <summary>alloc_pd.</summary>
    public NicResult AllocateDomain(ref Command command)
    {
        using Rollback rollback = new();
        if (TakeObject(rollback) is { IsOk: false } refusal)
        {
            return refusal;
        }

        NicResult<ProtectionDomain> domain = Nic.AllocateDomain(_identity.Id, _device.Index);
        if (!domain.IsOk)
        {
            return domain.Error;
        }

        _domains.TryPeek(out uint handle);
        _domains.Add(domain.Value);
        rollback.Commit();
        command.Respond(new ib_uverbs_alloc_pd_resp { pd_handle = handle });
        return NicResult.Ok;
    }

    /// <summary>dealloc_pd.</summary>
    public NicResult DeallocateDomain(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_dealloc_pd>().pd_handle;
        if (!_domains.TryGet(handle, out ProtectionDomain? domain))
        {
            return new NicError(ENOENT, $"there is no protection domain {handle}");
        }

        NicResult gone = Nic.DeallocateDomain(domain);
        if (gone.IsOk)
        {
            _domains.Remove(handle);
            _quota.ReturnObject();
        }

        return gone;
    }

    private NicResult TakeObject(Rollback rollback)
    {
        NicResult taken = _quota.TakeObject();
        if (taken.IsOk)
        {
            rollback.Add(_quota.ReturnObject);
        }

        return taken;
    }
}
