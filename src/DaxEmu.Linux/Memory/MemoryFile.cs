using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Linux.Memory;

/// <summary>Files that live in memory: memfd_create(2).</summary>
public static class MemoryFile
{
    /// <summary>
    /// Makes one of a fixed size. It is sealed (F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL), so nobody it is shared with can cut it under
    /// a mapping: a sealed memory file never raises SIGBUS.
    /// </summary>
    /// <param name="name">For /proc/PID/maps, where it appears as <c>/memfd:name</c>.</param>
    /// <param name="length">Bytes; the content is zeros.</param>
    /// <exception cref="LinuxException">EMFILE, ENFILE or ENOMEM.</exception>
    public static SafeFileHandle CreateSealed(string name, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        int descriptor = MemoryCalls.MemfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (descriptor < 0)
        {
            throw LinuxException.FromLastError($"memfd_create(\"{name}\")");
        }

        SafeFileHandle file = new(descriptor, true);
        if (MemoryCalls.Ftruncate(file, length) == 0
            && MemoryCalls.Fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        {
            return file;
        }

        LinuxException failure = LinuxException.FromLastError($"memfd_create(\"{name}\", {length} bytes, sealed)");
        file.Dispose();
        throw failure;
    }

    /// <summary>
    /// Copies whole pages into a file. Pages that are mapped but not there (past the end of their file) are left out, without a SIGBUS.
    /// </summary>
    /// <param name="file">Where to.</param>
    /// <param name="offset">The first byte there.</param>
    /// <param name="address">The first page, mapped in this process.</param>
    /// <param name="length">Bytes, whole pages.</param>
    /// <returns>The parts that were copied, from the start of the range, in order.</returns>
    /// <exception cref="LinuxException">pwrite(2) failed: ENOMEM or ENOSPC.</exception>
    public static unsafe IReadOnlyList<(nuint Start, nuint Length)> CopyPages(SafeFileHandle file, long offset, nint address, nuint length)
    {
        List<(nuint Start, nuint Length)> copied = [];
        nuint page = (nuint)Environment.SystemPageSize;
        nuint at = 0;
        while (at < length)
        {
            nint written = MemoryCalls.Pwrite(file, (void*)(address + (nint)at), length - at, offset + (nint)at);
            int error = written < 0 ? Marshal.GetLastPInvokeError() : 0;
            nuint whole = written < 0 ? 0 : (nuint)written & ~(page - 1);
            if (error == errno.EINTR)
            {
                continue;
            }

            if (error is not (0 or errno.EFAULT))
            {
                throw LinuxException.FromLastError($"pwrite({length - at} bytes)");
            }

            if (whole > 0 && copied.Count > 0 && copied[^1].Start + copied[^1].Length == at)
            {
                copied[^1] = (copied[^1].Start, copied[^1].Length + whole);
            }
            else if (whole > 0)
            {
                copied.Add((at, whole));
            }

            at += whole > 0 ? whole : page;
        }

        return copied;
    }

    /// <summary>True when the file can neither shrink nor lose its seals; false for any other file and for files without seals.</summary>
    /// <param name="descriptor">Any descriptor.</param>
    public static bool IsSealedAgainstShrinking(SafeFileHandle descriptor)
    {
        int seals = MemoryCalls.Fcntl(descriptor, F_GET_SEALS, 0);
        return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
    }
}
