using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_mw_type;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    private readonly IndexPool _windowIndices;
    private readonly MemoryWindow?[] _windows;

    /// <summary>Allocates a memory window (ibv_alloc_mw(3)), unbound. Work requests bind it.</summary>
    /// <param name="domain">Its protection domain.</param>
    /// <param name="type">IBV_MW_TYPE_1 or IBV_MW_TYPE_2; type 2 is bound to one queue pair (2B of the IBTA specification).</param>
    /// <returns>It; EINVAL for another type, ENOMEM at the limit.</returns>
    public NicResult<MemoryWindow> AllocateWindow(ProtectionDomain domain, uint type)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (type is not (IBV_MW_TYPE_1 or IBV_MW_TYPE_2))
        {
            return new NicError(EINVAL, $"memory windows are of type {IBV_MW_TYPE_1} or {IBV_MW_TYPE_2}, not {type}");
        }

        lock (_lock)
        {
            if (domain.IsGone)
            {
                return new NicError(EINVAL, $"protection domain {domain.Number} is gone");
            }

            if (!_windowIndices.TryTake(out uint index))
            {
                return new NicError(ENOMEM, $"all {_options.MaxMemoryWindows} memory windows are in use");
            }

            domain.Uses++;
            uint key = (index << 8) | ++_keyBytes[index];
            ref RegionContext entry = ref _block.RegionByKey(key);
            WindowLock.Enter(ref entry.Version);
            entry.Domain = domain.Number;
            entry.WindowKey = key;
            entry.Type = type;
            WindowLock.Leave(ref entry.Version);
            return _windows[index - (uint)_block.Header.FirstWindow] = new MemoryWindow(key, domain, type);
        }
    }

    /// <summary>
    /// Deallocates a memory window (ibv_dealloc_mw(3)), bound or not. When it returns no engine touches memory through it any more.
    /// </summary>
    /// <param name="window">The window.</param>
    /// <returns>EINVAL when it is gone already.</returns>
    public NicResult DeallocateWindow(MemoryWindow window)
    {
        ArgumentNullException.ThrowIfNull(window);
        uint index = window.Key >> 8;
        lock (_lock)
        {
            if (window.IsGone)
            {
                return new NicError(EINVAL, $"memory window 0x{window.Key:x} is gone already");
            }

            window.IsGone = true;
            _windows[index - (uint)_block.Header.FirstWindow] = null;
            ref RegionContext entry = ref _block.RegionByKey(window.Key);
            WindowLock.Enter(ref entry.Version);
            _block.FreeWindow(ref entry);
            // The next window here begins with another key than any that peers may still have of this one lately.
            _keyBytes[index] = (byte)entry.WindowKey;
            entry.WindowKey = 0;
            entry.Type = 0;
            WindowLock.Leave(ref entry.Version);
        }

        _block.WaitForEngines();
        lock (_lock)
        {
            window.Domain.Uses--;
            _windowIndices.Return(index);
        }

        return NicResult.Ok;
    }

    // A window of type 2 serves no queue pair but this one; its region can be deregistered now.
    private void FreeWindowsOf(uint queue) => FreeWindows(entry => entry.Queue == queue);

    // Under the lock.
    private void FreeWindows(Predicate<RegionContext> which)
    {
        foreach (MemoryWindow? window in _windows)
        {
            if (window is null)
            {
                continue;
            }

            ref RegionContext entry = ref _block.RegionByKey(window.Key);
            WindowLock.Enter(ref entry.Version);
            if (which(entry))
            {
                _block.FreeWindow(ref entry);
            }

            WindowLock.Leave(ref entry.Version);
        }
    }
}
