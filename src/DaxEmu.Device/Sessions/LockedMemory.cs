using DaxEmu.Linux.Processes;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// The memory that each process has registered, against its RLIMIT_MEMLOCK, as the kernel's ib_umem_get counts it (mm->pinned_vm): whole
/// pages, each region for itself, and CAP_IPC_LOCK exempts. Safe for any number of threads.
/// </summary>
/// <param name="limitOf">The limit of a process.</param>
internal sealed class LockedMemory(Func<int, MemoryLockLimit>? limitOf)
{
    private readonly Dictionary<int, long> _locked = [];

    /// <summary>Counts a region's pages.</summary>
    /// <param name="processId">Whose; 0, a process that cannot be named here, has no limit.</param>
    /// <param name="bytes">Bytes of whole pages.</param>
    /// <returns>EPERM when the process may lock nothing at all, ENOMEM when its limit would be passed.</returns>
    public NicResult Take(int processId, long bytes)
    {
        if (processId == 0 || limitOf is null)
        {
            return NicResult.Ok;
        }

        MemoryLockLimit limit = limitOf(processId);
        lock (_locked)
        {
            long total = _locked.GetValueOrDefault(processId) + bytes;
            if (!limit.IsExempt && limit.Bytes is { } most && total > most)
            {
                // can_do_mlock() comes first, with an errno of its own.
                return new NicError(
                    most == 0 ? EPERM : ENOMEM,
                    $"process {processId} would have {total} bytes registered, and its RLIMIT_MEMLOCK allows {most}: raise it (ulimit -l, "
                    + "LimitMEMLOCK= of its unit, --ulimit memlock= of its container), give it CAP_IPC_LOCK, or set Device:LockedMemory to ignore");
            }

            _locked[processId] = total;
            return NicResult.Ok;
        }
    }

    /// <summary>Gives pages back.</summary>
    public void Return(int processId, long bytes)
    {
        lock (_locked)
        {
            long left = _locked.GetValueOrDefault(processId) - bytes;
            if (left > 0)
            {
                _locked[processId] = left;
            }
            else
            {
                _locked.Remove(processId);
            }
        }
    }
}
