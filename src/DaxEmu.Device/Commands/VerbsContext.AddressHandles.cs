using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    private readonly HandleTable<AddressHandle> _addressHandles = new(int.MaxValue);

    /// <summary>create_ah.</summary>
    public NicResult CreateAddressHandle(ref Command command)
    {
        ib_uverbs_create_ah request = command.Read<ib_uverbs_create_ah>();
        if (!_domains.TryGet(request.pd_handle, out ProtectionDomain? domain))
        {
            return new NicError(EINVAL, $"there is no protection domain {request.pd_handle}");
        }

        using Rollback rollback = new();
        if (TakeObject(rollback) is { IsOk: false } refusal)
        {
            return refusal;
        }

        NicResult<AddressHandle> created = Nic.CreateAddressHandle(domain, QpTranslation.ToVector(request.attr));
        if (!created.IsOk)
        {
            return created.Error;
        }

        _addressHandles.TryPeek(out uint handle);
        _addressHandles.Add(created.Value);
        rollback.Commit();
        command.Respond(new ib_uverbs_create_ah_resp { ah_handle = handle });
        // A provider that has no room for the number puts the address into its work requests.
        command.RespondProvider(new rxe_create_ah_resp { ah_num = created.Value.Number });
        return NicResult.Ok;
    }

    /// <summary>destroy_ah.</summary>
    public NicResult DestroyAddressHandle(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_destroy_ah>().ah_handle;
        if (!_addressHandles.TryGet(handle, out AddressHandle? address))
        {
            return new NicError(ENOENT, $"there is no address handle {handle}");
        }

        // What was posted with it goes out: a sender of datagrams need not wait for their completions.
        _doorbell.WaitUntilServed(LongestWait);
        _ = Nic.DestroyAddressHandle(address);
        _addressHandles.Remove(handle);
        _quota.ReturnObject();
        return NicResult.Ok;
    }

    /// <summary>attach_mcast.</summary>
    public NicResult AttachMulticast(ref Command command)
    {
        ib_uverbs_attach_mcast request = command.Read<ib_uverbs_attach_mcast>();
        return _queuePairs.TryGet(request.qp_handle, out QueuePairObject? qp)
            ? Nic.AttachMulticast(qp.Pair, Gid.FromBytes(request.gid))
            : NoQueuePair(EINVAL, request.qp_handle);
    }

    /// <summary>detach_mcast.</summary>
    public NicResult DetachMulticast(ref Command command)
    {
        ib_uverbs_detach_mcast request = command.Read<ib_uverbs_detach_mcast>();
        return _queuePairs.TryGet(request.qp_handle, out QueuePairObject? qp)
            ? Nic.DetachMulticast(qp.Pair, Gid.FromBytes(request.gid))
            : NoQueuePair(EINVAL, request.qp_handle);
    }
}
