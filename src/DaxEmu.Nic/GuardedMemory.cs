namespace DaxEmu.Nic;

/// <summary>
/// The routines that touch client memory. Pages of it may vanish at any time (a truncate of the mapped file gives SIGBUS), so they
/// report a fault as a result. Each returns 0, <see cref="SourceFault"/> or <see cref="DestinationFault"/> and never unwinds.
/// </summary>
public readonly unsafe struct GuardedMemory
{
    /// <summary>The source could not be read.</summary>
    public const int SourceFault = 1;

    /// <summary>The destination could not be written (or read, by an atomic operation).</summary>
    public const int DestinationFault = 2;

    /// <summary>Names the routines.</summary>
    /// <param name="copy">
    /// <c>int copy(void *dst, const void *src, size_t n, void **fault)</c>: as memmove(3), and the last byte is stored last, with release
    /// ordering after all others: programs poll it. 8 bytes to an address aligned to 8 are stored in one step, with release ordering. On a fault <c>*fault</c> is the address that could not be reached. n is never 0.
    /// </param>
    /// <param name="compareSwap">
    /// <c>int cas(uint64_t *target, uint64_t compare, uint64_t swap, uint64_t *old)</c>: one atomic step, sequentially consistent, on a
    /// target aligned to 8 bytes; <c>*old</c> is what it held. Returns 0 or <see cref="DestinationFault"/>.
    /// </param>
    /// <param name="fetchAdd"><c>int faa(uint64_t *target, uint64_t add, uint64_t *old)</c>: likewise.</param>
    public GuardedMemory(
        delegate* unmanaged<void*, void*, nuint, void**, int> copy,
        delegate* unmanaged<ulong*, ulong, ulong, ulong*, int> compareSwap,
        delegate* unmanaged<ulong*, ulong, ulong*, int> fetchAdd)
    {
        Copy = copy;
        CompareSwap = compareSwap;
        FetchAdd = fetchAdd;
    }

    internal delegate* unmanaged<void*, void*, nuint, void**, int> Copy { get; }

    internal delegate* unmanaged<ulong*, ulong, ulong, ulong*, int> CompareSwap { get; }

    internal delegate* unmanaged<ulong*, ulong, ulong*, int> FetchAdd { get; }
}
