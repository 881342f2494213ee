using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Memory;

/// <summary>
/// Loads and stores in file mappings that may lose their pages at any time: libdaxemu-native.so, built from native-shims/native. A page
/// that a truncate took away raises SIGBUS; these routines report that as a result instead.
/// </summary>
/// <remarks>
/// The calls are ordinary ones, which let the garbage collector run meanwhile: a page fault may have to wait for a FUSE reply
/// of this very process.
/// </remarks>
public static unsafe partial class GuardedCopy
{
    private const string Library = "libdaxemu-native.so";

    static GuardedCopy()
    {
        int errno = Install();
        if (errno != 0)
        {
            throw new LinuxException("sigaction(SIGBUS)", errno);
        }

        nint library = NativeLibrary.Load(Library, typeof(GuardedCopy).Assembly, DllImportSearchPath.AssemblyDirectory);
        Copy = (delegate* unmanaged<void*, void*, nuint, void**, int>)NativeLibrary.GetExport(library, "daxemu_copy");
        CompareSwap = (delegate* unmanaged<ulong*, ulong, ulong, ulong*, int>)NativeLibrary.GetExport(library, "daxemu_compare_swap");
        FetchAdd = (delegate* unmanaged<ulong*, ulong, ulong*, int>)NativeLibrary.GetExport(library, "daxemu_fetch_add");
    }

    /// <summary>
    /// <c>int copy(void *destination, const void *source, size_t length, void **fault)</c>: memmove(3) whose last word is stored last,
    /// with release order. Returns a <see cref="GuardedCopyResult"/>; on a fault <c>*fault</c> is the address.
    /// </summary>
    public static delegate* unmanaged<void*, void*, nuint, void**, int> Copy { get; }

    /// <summary>
    /// <c>int compare_swap(uint64_t *target, uint64_t compare, uint64_t swap, uint64_t *old)</c>: sequentially consistent, on a target
    /// aligned to 8 bytes. Returns a <see cref="GuardedCopyResult"/>.
    /// </summary>
    public static delegate* unmanaged<ulong*, ulong, ulong, ulong*, int> CompareSwap { get; }

    /// <summary><c>int fetch_add(uint64_t *target, uint64_t add, uint64_t *old)</c>: likewise.</summary>
    public static delegate* unmanaged<ulong*, ulong, ulong*, int> FetchAdd { get; }

    /// <summary>Copies, or says which side could not be reached.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="source">Where from; the two may overlap.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="fault">The address that could not be reached, or 0.</param>
    public static GuardedCopyResult TryCopy(nint destination, nint source, nuint length, out nint fault)
    {
        void* address = null;
        int result = Copy((void*)destination, (void*)source, length, &address);
        fault = (nint)address;
        return (GuardedCopyResult)result;
    }

    /// <summary>
    /// Writes the cache lines of a range back: on a MAP_SYNC mapping, what was stored there is durable afterwards.
    /// </summary>
    /// <param name="start">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>False when some of it could not be reached.</returns>
    public static bool TryWriteBack(nint start, nuint length)
    {
        void* fault;
        return length == 0 || WriteBack((void*)start, length, &fault) == 0;
    }

    [LibraryImport(Library, EntryPoint = "daxemu_write_back")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial int WriteBack(void* start, nuint length, void** fault);

    [LibraryImport(Library, EntryPoint = "daxemu_guard_install")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial int Install();
}
