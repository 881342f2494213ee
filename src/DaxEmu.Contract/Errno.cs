namespace DaxEmu.Contract;

/// <summary>The values of errno(3) that the contract answers with (asm-generic/errno-base.h).</summary>
internal static class Errno
{
    internal const int EINTR = 4;
    internal const int EFAULT = 14;
    internal const int EINVAL = 22;
    internal const int ETXTBSY = 26;

    // asm-generic/errno.h
    internal const int ETIMEDOUT = 110;

    /// <summary>The name, or the number when the contract has no name for it; empty for 0.</summary>
    internal static string NameOf(int errno) => errno switch
    {
        0 => "",
        EINTR => nameof(EINTR),
        EFAULT => nameof(EFAULT),
        EINVAL => nameof(EINVAL),
        ETXTBSY => nameof(ETXTBSY),
        ETIMEDOUT => nameof(ETIMEDOUT),
        _ => $"errno {errno}",
    };
}
