using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>An operation that takes page 2 from a file.</summary>
/// <param name="Name">As the document has it.</param>
/// <param name="Try">Does it to a path; its errno.</param>
internal sealed record PolicyOperation(string Name, Func<string, int> Try)
{
    private const int O_WRONLY = 1;
    private const int O_TRUNC = 0x200;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PolicyOperation> All { get; } =
    [
        new("truncate to 0", path => Libc.Truncate(path, 0)),
        new("open with O_TRUNC", path =>
        {
            int opened = FileContents.Open(path, O_WRONLY | O_TRUNC, out SafeFileHandle? file);
            file?.Dispose();
            return Math.Max(-opened, 0);
        }),
        new("PUNCH_HOLE page 2", path => Allocate(path, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE)),
        new("ZERO_RANGE page 2", path => Allocate(path, Libc.FALLOC_FL_ZERO_RANGE)) { IsUnknownToTmpfs = true },
    ];

    /// <summary>tmpfs does not have it.</summary>
    public bool IsUnknownToTmpfs { get; init; }

    /// <summary>Does it to a path, again when a signal, as the runtime sends them to its threads, has interrupted it; its errno.</summary>
    public int Do(string path)
    {
        int failed;
        do
        {
            failed = Try(path);
        }
        while (failed == EINTR);

        return failed;
    }

    private static int Allocate(string path, int mode)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        return Libc.Allocate(file, mode, 2 * PinnedFile.Page, PinnedFile.Page);
    }
}
