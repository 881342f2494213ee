using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux;
using DaxEmu.Linux.Memory;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Daemon.Audit;

/// <summary>What the kernel's answer to a long-term pin means for RDMA. It is the kernel's rule for every driver, not io_uring's, where it says so.</summary>
/// <param name="dax">Whether the file is on DAX.</param>
/// <param name="limit">How much this user may pin.</param>
/// <param name="uringSwitch">kernel.io_uring_disabled: 0, 1 or 2; empty where there is no such switch.</param>
internal sealed class PinReading(bool dax, MemoryLimit limit, string uringSwitch)
{
    /// <summary>Reads an answer.</summary>
    public PinAnswer Of(PinMapping mapping, PinAttempt attempt)
    {
        (PinOutcome outcome, string meaning) = attempt.Errno == 0 ? Granted(mapping) : attempt.Step switch
        {
            PinStep.Ring => (PinOutcome.NotEstablished, NoRing(attempt.Errno)),
            PinStep.Map => NotMapped(mapping, attempt.Errno),
            PinStep.Load => (PinOutcome.NotEstablished, NotLoaded(attempt.Errno)),
            _ => NotPinned(mapping, attempt.Errno),
        };
        return new(mapping, outcome, attempt.Errno == 0 ? "" : ErrnoName.Of(attempt.Errno), meaning);
    }

    private static (PinOutcome Outcome, string Meaning) Granted(PinMapping mapping) => (PinOutcome.Granted, mapping switch
    {
        PinMapping.Synchronous => "A region can be registered, and what is written and flushed is durable.",
        PinMapping.ReadOnly => "A region can be registered on a mapping that only reads.",
        _ => "A region can be registered for local and remote writing.",
    });

    private static (PinOutcome Outcome, string Meaning) NotMapped(PinMapping mapping, int errno) => mapping == PinMapping.Synchronous
        ? (PinOutcome.Refused, $"mmap(MAP_SYNC): {ErrnoName.Describe(errno)}. Writes are durable after fsync only.")
        : (PinOutcome.Refused, $"The file cannot be mapped so: mmap: {ErrnoName.Describe(errno)}.");

    private static string NotLoaded(int errno) => errno == EINVAL
        ? "Linux older than 5.14 cannot load a page without touching it."
        : $"The page could not be loaded ({ErrnoName.Describe(errno)}): it was cut off meanwhile, or the device failed.";

    private string NoRing(int errno) => errno switch
    {
        EPERM when uringSwitch is "1" or "2" => $"io_uring is switched off (kernel.io_uring_disabled={uringSwitch}): sysctl kernel.io_uring_disabled=0 to ask.",
        EPERM or ENOSYS => "io_uring is not allowed here, by seccomp or a security module, or the kernel has none: run outside the container to ask.",
        ENOMEM when !limit.Exempt => LimitReached,
        _ => $"io_uring_setup: {ErrnoName.Describe(errno)}.",
    };

    private string LimitReached => $"RLIMIT_MEMLOCK ({limit.Bytes} bytes) is used up: raise it with ulimit -l, or run as root to ask.";


    private (PinOutcome Outcome, string Meaning) NotPinned(PinMapping mapping, int errno) => errno switch
    {
        // Linux 6.5 to 6.18 at least: io_uring asks FOLL_WRITE for every buffer.
        EFAULT when mapping == PinMapping.ReadOnly => (PinOutcome.NotEstablished,
            "io_uring asks for writing on every mapping, which a read-only one never allows: for a region without write access this says nothing."),
        EFAULT => (PinOutcome.Refused,
            "The kernel lets nobody write for long into pages whose changes the filesystem must see first (since Linux 6.5)."),
        EOPNOTSUPP when dax => (PinOutcome.Refused, "The kernel grants no long-term pin of a file on DAX."),
        EOPNOTSUPP => (PinOutcome.NotEstablished,
            "io_uring of this kernel (before 6.5) takes no file's memory, whatever RDMA may do: such kernels pin the page cache for RDMA."),
        ENOMEM when !limit.Exempt => (PinOutcome.NotEstablished, LimitReached),
        _ => (PinOutcome.Refused, $"io_uring_register(IORING_REGISTER_BUFFERS): {ErrnoName.Describe(errno)}."),
    };
}
