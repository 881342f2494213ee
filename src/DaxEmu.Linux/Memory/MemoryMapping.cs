using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Linux.Memory;

/// <summary>
/// A shared mapping of a byte range of a file. The range need not start on a page: <see cref="Address"/> is its exact first byte.
/// Bounds are checked when a span is taken, not per access; nothing may use a span or the address after <see cref="Dispose"/>.
/// </summary>
public sealed unsafe class MemoryMapping : IDisposable
{
    private readonly nuint _mappedLength;
    private void* _mapped;

    private MemoryMapping(void* mapped, nuint mappedLength, nuint slack, bool isSync)
    {
        _mapped = mapped;
        _mappedLength = mappedLength;
        Address = (nint)mapped + (nint)slack;
        Length = (long)(mappedLength - slack);
        IsSync = isSync;
    }

    /// <summary>Address of the first byte of the range.</summary>
    public nint Address { get; }

    /// <summary>Bytes in the range.</summary>
    public long Length { get; }

    /// <summary>True when the mapping is MAP_SYNC: a flushed store is durable without fsync.</summary>
    public bool IsSync { get; }

    /// <summary>Maps a range MAP_SHARED.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">First byte; any alignment.</param>
    /// <param name="length">Bytes; at least one. Bytes past the end of the file raise SIGBUS when touched.</param>
    /// <param name="protection">What the mapping is for; the descriptor must be open for it.</param>
    /// <exception cref="LinuxException">mmap(2) failed: EACCES when the descriptor is not open for it, ENODEV, ENOMEM.</exception>
    public static MemoryMapping Map(SafeFileHandle file, long offset, long length, MemoryProtection protection) =>
        Map(file, offset, length, protection, MAP_SHARED, out int errno)
            ?? throw new LinuxException($"mmap({length} bytes, {protection}, MAP_SHARED, offset {offset})", errno);

    /// <summary>
    /// Maps a range MAP_SHARED_VALIDATE | MAP_SYNC where the filesystem has it (DAX), else MAP_SHARED: see <see cref="IsSync"/>.
    /// </summary>
    /// <inheritdoc cref="Map(SafeFileHandle, long, long, MemoryProtection)"/>
    public static MemoryMapping MapSyncIfPossible(SafeFileHandle file, long offset, long length, MemoryProtection protection)
    {
        MemoryMapping? mapping = Map(file, offset, length, protection, MAP_SHARED_VALIDATE | MAP_SYNC, out int errno);

        // EOPNOTSUPP: the filesystem knows no MAP_SYNC for this file. EINVAL: it does not check flags.
        return mapping is null && errno is not (EOPNOTSUPP or EINVAL)
            ? throw new LinuxException($"mmap({length} bytes, {protection}, MAP_SHARED_VALIDATE | MAP_SYNC, offset {offset})", errno)
            : mapping ?? Map(file, offset, length, protection);
    }

    /// <summary>Some of the range.</summary>
    /// <param name="offset">First byte, from the start of the range.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not all of it lies in the range.</exception>
    /// <exception cref="ObjectDisposedException">The mapping is gone.</exception>
    public Span<byte> Slice(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_mapped is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return new Span<byte>((byte*)Address + offset, length);
    }

    /// <summary>One value in the range, by reference, for structs shared with another process.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="offset">Its first byte, from the start of the range; must suit the type's alignment.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not all of it lies in the range.</exception>
    /// <exception cref="ObjectDisposedException">The mapping is gone.</exception>
    public ref T At<T>(long offset)
        where T : unmanaged => ref MemoryMarshal.AsRef<T>(Slice(offset, sizeof(T)));

    /// <summary>Unmaps the range.</summary>
    public void Dispose()
    {
        if (_mapped is not null)
        {
            _ = MemoryCalls.Munmap(_mapped, _mappedLength);
            _mapped = null;
        }
    }

    private static MemoryMapping? Map(
        SafeFileHandle file, long offset, long length, MemoryProtection protection, int flags, out int errno)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long slack = offset % Environment.SystemPageSize;
        if (length > long.MaxValue - offset - slack)
        {
            errno = EOVERFLOW;
            return null;
        }

        nuint mappedLength = (nuint)(length + slack);
        void* mapped = MemoryCalls.Mmap(null, mappedLength, (int)protection, flags, file, offset - slack);
        if (mapped == (void*)-1)
        {
            errno = Marshal.GetLastPInvokeError();
            return null;
        }

        errno = 0;
        return new MemoryMapping(mapped, mappedLength, (nuint)slack, (flags & MAP_SYNC) != 0);
    }
}
