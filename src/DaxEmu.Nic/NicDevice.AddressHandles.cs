using static DaxEmu.Abi.errno;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    private readonly IndexPool _addressHandleIndices;
    private readonly AddressHandle?[] _addressHandles;
    private readonly byte[] _addressHandleBytes;

    /// <summary>Creates an address handle (ibv_create_ah(3)).</summary>
    /// <param name="domain">Its protection domain: datagrams of queue pairs in it may name the handle.</param>
    /// <param name="path">The address; a multicast address needs no port that has it.</param>
    /// <returns>
    /// It; EINVAL without a global route or with a GID index or port that is not there, ENETUNREACH when no port of any device has the
    /// destination's GID or its address is of the other family, ENOMEM at the limit.
    /// </returns>
    public NicResult<AddressHandle> CreateAddressHandle(ProtectionDomain domain, in AddressVector path)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (_lock)
        {
            if (domain.IsGone)
            {
                return new NicError(EINVAL, "the protection domain is gone");
            }

            if (CheckDatagramPath(domain, path) is { } refusal)
            {
                return refusal;
            }

            if (!_addressHandleIndices.TryTake(out uint index))
            {
                return new NicError(ENOMEM, $"all {_options.MaxAddressHandles} address handles are in use");
            }

            domain.Uses++;
            // An index and a generation, so that a destroyed handle's number is not met again soon.
            uint number = (index << 8) | ++_addressHandleBytes[index];
            ref AddressHandleContext context = ref _block.AddressHandle(number);
            context.Domain = domain.Number;
            context.Route = new Route
            {
                Source = GidOf(domain, path.PortNumber, path.SourceGidIndex),
                Destination = path.DestinationGid,
                FlowLabel = path.FlowLabel,
                TrafficClass = path.TrafficClass,
                HopLimit = path.HopLimit,
            };
            // Release: an engine that reads the number (acquire) sees the fields above.
            Volatile.Write(ref context.Number, number);
            return _addressHandles[index] = new AddressHandle(number, domain, path);
        }
    }

    /// <summary>Destroys an address handle (ibv_destroy_ah(3)). Datagrams that name it fail from now on.</summary>
    /// <param name="handle">The handle.</param>
    /// <returns>EINVAL when it is gone already.</returns>
    public NicResult DestroyAddressHandle(AddressHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        lock (_lock)
        {
            if (handle.IsGone)
            {
                return new NicError(EINVAL, $"address handle 0x{handle.Number:x} is gone already");
            }

            handle.IsGone = true;
            Volatile.Write(ref _block.AddressHandle(handle.Number).Number, 0);
        }

        // Nobody may still be reading the entry when it gets another address.
        _block.WaitForEngines();
        lock (_lock)
        {
            uint index = handle.Number >> 8;
            _addressHandles[index] = null;
            _addressHandleIndices.Return(index);
            handle.Domain.Uses--;
            return NicResult.Ok;
        }
    }

    private NicError? CheckDatagramPath(ProtectionDomain domain, in AddressVector path)
    {
        if (CheckPath(domain, path, mayBeMulticast: true) is { } refusal)
        {
            return refusal;
        }

        Gid source = GidOf(domain, path.PortNumber, path.SourceGidIndex);
        return path.DestinationGid.IsMulticast || path.DestinationGid.IsIPv4 == source.IsIPv4
            ? null
            : new NicError(ENETUNREACH, $"there is no way from {source} to {path.DestinationGid}: one is an IPv4 address, one is not");
    }
}
