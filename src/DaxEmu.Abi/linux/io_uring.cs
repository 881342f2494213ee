using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// io_uring_setup(2), io_uring_register(2).

[CHeader("linux/io_uring.h")]
public static class linux_io_uring
{
    public const uint IORING_REGISTER_BUFFERS = 0;
    public const uint IORING_UNREGISTER_BUFFERS = 1;
}

[CHeader("linux/io_uring.h")]
[StructLayout(LayoutKind.Sequential, Size = 120)]
public struct io_uring_params
{
    public uint sq_entries;
    public uint cq_entries;
    public uint flags;
    public uint sq_thread_cpu;
    public uint sq_thread_idle;
    public uint features;
    public uint wq_fd;
}
