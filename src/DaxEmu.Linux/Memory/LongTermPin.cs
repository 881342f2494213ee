using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_io_uring;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Linux.Memory;

/// <summary>
/// A real long-term pin of a file's pages, as an RDMA driver takes it: io_uring's fixed buffers are pinned by the same
/// pin_user_pages(FOLL_LONGTERM | FOLL_WRITE). It needs no RDMA hardware, is given back at once, and changes no byte.
/// </summary>
public static unsafe class LongTermPin
{
    /// <summary>Asks the running kernel for a pin of one stretch of a file.</summary>
    /// <param name="file">Open for what the protection says.</param>
    /// <param name="offset">First byte; a multiple of the page's size.</param>
    /// <param name="length">Bytes; a page, or a huge one.</param>
    /// <param name="protection">How to map it.</param>
    /// <param name="synchronous">True to map MAP_SHARED_VALIDATE | MAP_SYNC, else MAP_SHARED.</param>
    public static PinAttempt Try(SafeFileHandle file, long offset, long length, MemoryProtection protection, bool synchronous)
    {
        int errno = UringCalls.Open(out SafeFileHandle? ring);
        using (ring)
        {
            if (ring is null)
            {
                return new(PinStep.Ring, errno);
            }

            int flags = synchronous ? MAP_SHARED_VALIDATE | MAP_SYNC : MAP_SHARED;
            void* address = MemoryCalls.Mmap(null, (nuint)length, (int)protection, flags, file, offset);
            if (address == (void*)-1)
            {
                return new(PinStep.Map, Marshal.GetLastPInvokeError());
            }

            try
            {
                // The pin must find the page mapped: else it would fault it in by a store, which sets the time stamps of a file on tmpfs.
                // Where loading fails (before Linux 5.14: EINVAL) there is nothing more to be had without touching the file.
                if (MemoryCalls.Madvise(address, (nuint)length, MADV_POPULATE_READ) != 0)
                {
                    return new(PinStep.Load, Marshal.GetLastPInvokeError());
                }

                iovec buffer = new() { iov_base = address, iov_len = (nuint)length };
                nint registered = UringCalls.Register(UringCalls.SysIoUringRegister, ring, (nint)IORING_REGISTER_BUFFERS, &buffer, 1);
                if (registered < 0)
                {
                    return new(PinStep.Pin, Marshal.GetLastPInvokeError());
                }

                // A ring that is closed lets go some time later, from a work queue: this waits for it.
                _ = UringCalls.Register(UringCalls.SysIoUringRegister, ring, (nint)IORING_UNREGISTER_BUFFERS, null, 0);
                return new(PinStep.Pin, 0);
            }
            finally
            {
                _ = MemoryCalls.Munmap(address, (nuint)length);
            }
        }
    }
}
