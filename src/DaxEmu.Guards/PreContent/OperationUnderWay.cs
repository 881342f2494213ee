using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards.PreContent;

/// <summary>An operation that was allowed and is being carried out by its caller.</summary>
internal sealed class OperationUnderWay(BlockedCaller caller, FileIdentity identity, SafeFileHandle file, LayoutDecision decision)
{
    private readonly statx _before = StatusOf(file);

    internal BlockedCaller Caller => caller;

    internal FileIdentity Identity => identity;

    /// <summary>
    /// Tells the contract that it is over. Whether it was carried out shows in the file: each operation that changes blocks sets the time
    /// of the last change, which differs from one that was asked for before (multigrain time stamps: any kernel that has these events). So
    /// does, on some, one that they refuse later than that: it counts as carried out (ext4_fallocate, file_modified before the checks).
    /// </summary>
    internal void End()
    {
        statx now = StatusOf(file);
        file.Dispose();
        decision.Settle(
            now.stx_ctime.tv_sec != _before.stx_ctime.tv_sec || now.stx_ctime.tv_nsec != _before.stx_ctime.tv_nsec
            || now.stx_size != _before.stx_size || now.stx_blocks != _before.stx_blocks);
        decision.Dispose();
    }

    private static statx StatusOf(SafeFileHandle file)
    {
        _ = FileStatus.Status(file, STATX_BASIC_STATS, out statx status);
        return status;
    }
}
