namespace DaxEmu.Linux.Memory;

/// <summary>The steps of an attempt at a long-term pin.</summary>
public enum PinStep
{
    /// <summary>io_uring_setup(2).</summary>
    Ring,

    /// <summary>mmap(2) of the file.</summary>
    Map,

    /// <summary>madvise(2) with MADV_POPULATE_READ: the page must be there to be pinned.</summary>
    Load,

    /// <summary>io_uring_register(2) with IORING_REGISTER_BUFFERS: the pin itself.</summary>
    Pin,
}
