using DaxEmu.Abi;
using DaxEmu.Linux.Files;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// While it lives, files that this serving thread creates belong to the caller and get its umask. The kernel has already judged the
/// caller's permissions (mount option default_permissions). A guard that does not run as root creates files as itself.
/// </summary>
internal readonly ref struct CallerIdentity
{
    private static readonly bool IsRoot = Environment.IsPrivilegedProcess;
    private readonly bool _assumed;

    internal CallerIdentity(in fuse_in_header caller, uint umask = 0)
    {
        ThreadIdentity.SetUmask(umask);
        _assumed = IsRoot && (caller.uid != 0 || caller.gid != 0);
        if (_assumed)
        {
            Failure = ThreadIdentity.Assume(caller.uid, caller.gid);
        }
    }

    /// <summary>0, or the negated errno of not having become the caller.</summary>
    internal int Failure { get; }

    public void Dispose()
    {
        if (_assumed)
        {
            ThreadIdentity.Resume();
        }
    }
}
