namespace DaxEmu.Contract;

/// <summary>The values of errno(3) that the contract answers with (asm-generic/errno-base.h).</summary>
internal static class Errno
{
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int EACCES = 13;
    internal const int EFAULT = 14;
    internal const int EBUSY = 16;
    internal const int EINVAL = 22;
    internal const int ETXTBSY = 26;
    internal const int ENOSPC = 28;

    // asm-generic/errno.h
    internal const int EOPNOTSUPP = 95;
    internal const int ETIMEDOUT = 110;

    /// <summary>The name, or the number when the contract has no name for it; empty for 0.</summary>
    internal static string NameOf(int errno) => errno switch
    {
        0 => "",
        EINTR => nameof(EINTR),
        EAGAIN => nameof(EAGAIN),
        EACCES => nameof(EACCES),
        EFAULT => nameof(EFAULT),
        EBUSY => nameof(EBUSY),
        EINVAL => nameof(EINVAL),
        ETXTBSY => nameof(ETXTBSY),
        ENOSPC => nameof(ENOSPC),
        EOPNOTSUPP => nameof(EOPNOTSUPP),
        ETIMEDOUT => nameof(ETIMEDOUT),
        _ => $"errno {errno}",
    };
}
