using static DaxEmu.Abi.errno;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    private readonly IndexPool _domains;
    private readonly HashSet<ProtectionDomain> _domainObjects;

    /// <summary>Allocates a protection domain (ibv_alloc_pd(3)).</summary>
    /// <param name="owner">Tag of whom it, and all made in it, belongs to.</param>
    /// <param name="device">The device that it is allocated on, by its place in <see cref="SetGidTables"/>.</param>
    /// <returns>It, or ENOMEM at the limit.</returns>
    public NicResult<ProtectionDomain> AllocateDomain(ulong owner, int device = 0)
    {
        lock (_lock)
        {
            if (!_domains.TryTake(out uint number))
            {
                return new NicError(ENOMEM, $"all {_options.MaxProtectionDomains} protection domains are in use");
            }

            ProtectionDomain domain = new(number, owner, device);
            _domainObjects.Add(domain);
            return domain;
        }
    }

    /// <summary>Deallocates a protection domain (ibv_dealloc_pd(3)).</summary>
    /// <param name="domain">The domain.</param>
    /// <returns>EBUSY while a region, window or queue pair is in it, EINVAL when it is gone already.</returns>
    public NicResult DeallocateDomain(ProtectionDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (_lock)
        {
            if (domain.IsGone)
            {
                return new NicError(EINVAL, $"protection domain {domain.Number} is gone already");
            }

            if (domain.Uses != 0)
            {
                return new NicError(EBUSY, $"protection domain {domain.Number} still has {domain.Uses} memory regions, windows or queue pairs");
            }

            domain.IsGone = true;
            _domainObjects.Remove(domain);
            _domains.Return(domain.Number);
            return NicResult.Ok;
        }
    }
}
