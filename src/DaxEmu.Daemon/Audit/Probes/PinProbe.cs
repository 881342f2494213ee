using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.unistd;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>
/// Asks the running kernel for a long-term pin of one page, by <see cref="LongTermPin"/>. Only of a page that has data: to touch a hole
/// would allocate it. And only through a descriptor whose opening changes nothing.
/// </summary>
internal static class PinProbe
{
    /// <summary>Asks.</summary>
    public static PinFacts Ask(Target target, FileFacts file, MemoryLimit limit)
    {
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        PinReading reading = new(file.Dax, limit, UringSwitch());
        (long page, string whyNoPage) = PageWithData(target, file);
        if (page < 0)
        {
            return new(kernel, [NotAsked(PinMapping.Writable, whyNoPage), NotAsked(PinMapping.ReadOnly, whyNoPage)]);
        }

        (SafeFileHandle? writable, string whyNot) = OpenForWriting(target, file);
        using (writable)
        {
            List<PinAnswer> answers =
            [
                writable is null
                    ? NotAsked(PinMapping.Writable, whyNot)
                    : reading.Of(PinMapping.Writable, LongTermPin.Try(writable, page, file.PageSize, MemoryProtection.ReadWrite, false)),
                reading.Of(PinMapping.ReadOnly, LongTermPin.Try(target.Readable!, page, file.PageSize, MemoryProtection.Read, false)),
            ];
            if (file.Dax)
            {
                answers.Add(writable is null
                    ? NotAsked(PinMapping.Synchronous, whyNot)
                    : reading.Of(PinMapping.Synchronous, LongTermPin.Try(writable, page, file.PageSize, MemoryProtection.ReadWrite, true)));
            }

            return new(kernel, answers);
        }
    }

    private static PinAnswer NotAsked(PinMapping mapping, string why) => new(mapping, PinOutcome.NotEstablished, "", $"{char.ToUpperInvariant(why[0])}{why[1..]}.");

    private static (long Offset, string Why) PageWithData(Target target, FileFacts file)
    {
        if (file.IsDirectory)
        {
            return (-1, "a directory has no pages; name a file in it");
        }

        if (target.Readable is not { } readable)
        {
            return (-1, $"the file could not be opened for reading: {target.WhyUnreadable}");
        }

        // Some filesystems call everything data. Where all is allocated, it is; where it is not, one without a hole is not believed.
        long data = FileContents.Seek(readable, 0, SEEK_DATA);
        bool believed = file.Allocated >= file.Size || (data >= 0 && FileContents.Seek(readable, 0, SEEK_HOLE) < file.Size);
        return file.Size == 0 ? (-1, "the file is empty")
            : data < 0 ? (-1, "the file has holes only, and to pin one would allocate it")
            : believed ? (data - (data % file.PageSize), "")
            : (-1, "the filesystem does not tell which pages have data, and to pin a hole would allocate it");
    }

    private static (SafeFileHandle? File, string Why) OpenForWriting(Target target, FileFacts file)
    {
        if (target.Leases.Count > 0)
        {
            return (null, "to open the file for writing would break the lease on it");
        }

        if (file.Layer is OverlayLayer.Lower or OverlayLayer.Unknown)
        {
            return (null, file.Layer == OverlayLayer.Lower
                ? "to open the file for writing would copy it to the upper layer"
                : "to open the file for writing might copy it to the upper layer, which cannot be seen from here");
        }

        (SafeFileHandle? opened, int errno) = target.Open(O_RDWR);
        return (opened, opened is null ? $"the file cannot be opened for writing by this user: {ErrnoName.Describe(errno)}" : "");
    }

    private static string UringSwitch()
    {
        const string path = "/proc/sys/kernel/io_uring_disabled";
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }
}
