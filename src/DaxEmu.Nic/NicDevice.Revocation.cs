using System.Collections.Concurrent;
using DaxEmu.Contract;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    // Pins that were revoked before their region was there to be reached through.
    private readonly HashSet<long> _revokedEarly = [];

    // The regions that can be reached through, by the pins that they have. Changed under the lock.
    private readonly ConcurrentDictionary<long, MemoryRegion> _regionsByPin = new();

    /// <summary>The region that a pin belongs to, or null.</summary>
    public MemoryRegion? FindRegionOf(Pin pin)
    {
        ArgumentNullException.ThrowIfNull(pin);
        lock (_lock)
        {
            return FindByPin(pin);
        }
    }

    /// <summary>
    /// Ends all access through a pin: no byte of its region is read or written any more when this returns, through no key and no memory
    /// window. Work requests on it fail as on a key that never was. The region is still there for <see cref="Deregister"/>.
    /// </summary>
    /// <param name="pin">The pin; the caller takes it back from the contract.</param>
    /// <param name="limit">Gives up waiting for an engine that does not come to the end of a copy. The region and its windows stay closed all the same.</param>
    /// <exception cref="TimeoutException">It was given up: an engine may still be at a byte.</exception>
    public void Revoke(Pin pin, CancellationToken limit = default)
    {
        ArgumentNullException.ThrowIfNull(pin);
        MemoryRegion? region;
        lock (_lock)
        {
            region = FindByPin(pin);
            if (region is null)
            {
                _revokedEarly.Add(pin.Id);
                return;
            }

            // Pairs with the engines' look at the key: see WaitForEngines.
            Volatile.Write(ref _block.RegionByKey(region.Key).Key, 0);
        }

        // First the region: once the engines have passed, none binds a window to it any more. Then the windows that it has, also when an engine
        // does not pass: it is at a copy then, not at a bind.
        try
        {
            WaitForEngines(limit);
        }
        finally
        {
            lock (_lock)
            {
                FreeWindows(bound => bound.RegionKey == region.Key);
            }
        }

        WaitForEngines(limit);
    }

    private void WaitForEngines(CancellationToken limit)
    {
        if (!_block.WaitForEngines(limit))
        {
            throw new TimeoutException("an engine of the device did not come to the end of a copy in time");
        }
    }

    private MemoryRegion? FindByPin(Pin pin) => _regionsByPin.GetValueOrDefault(pin.Id);

    private void Unpin(IReadOnlyList<RegionPin> pins)
    {
        foreach (RegionPin held in pins)
        {
            _contract.Unpin(held.Pin);
        }

        lock (_lock)
        {
            // They cannot be revoked any more: nothing has to be remembered of them.
            foreach (RegionPin held in pins)
            {
                _revokedEarly.Remove(held.Pin.Id);
                _detachedEarly.Remove(held.Pin.Id);
            }
        }
    }
}
