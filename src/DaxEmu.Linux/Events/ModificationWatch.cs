using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.inotify;

namespace DaxEmu.Linux.Events;

/// <summary>
/// Tells that files were modified, by whatever path: inotify(7), for which no privilege is needed. The kernel tells of write(2), truncate(2),
/// fallocate(2), madvise(MADV_REMOVE) and of the destination of a clone; not of stores through a mapping, of dedupe, of the source of a clone and of
/// defragmentation.
/// </summary>
public sealed unsafe partial class ModificationWatch : IDisposable
{
    /// <summary>Events were lost: any file may have been modified.</summary>
    public const int Overflow = -1;

    private readonly byte[] _buffer = new byte[256 * sizeof(inotify_event)];

    /// <summary>Makes one that watches nothing.</summary>
    /// <exception cref="LinuxException">inotify_init1(2) failed, such as EMFILE at fs.inotify.max_user_instances.</exception>
    public ModificationWatch()
    {
        int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        Descriptor = descriptor >= 0
            ? new SafeFileHandle(descriptor, true)
            : throw LinuxException.FromLastError("inotify_init1(IN_NONBLOCK | IN_CLOEXEC)");
    }

    /// <summary>Readable while something was modified that <see cref="Take"/> has not told.</summary>
    public SafeFileHandle Descriptor { get; }

    /// <summary>Watches a file.</summary>
    /// <param name="file">The file; the descriptor may be closed afterwards.</param>
    /// <returns>Its number, or the negated errno: EACCES without permission to read it, ENOSPC at fs.inotify.max_user_watches.</returns>
    public int Add(SafeFileHandle file)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        return FileCalls.Result(inotify_add_watch(Descriptor, (byte*)&path, IN_MODIFY));
    }

    /// <summary>Ends watching a file.</summary>
    /// <param name="watch">Its number.</param>
    public void Remove(int watch) => _ = inotify_rm_watch(Descriptor, watch);

    /// <summary>Takes what has happened since it was last called, each file once for many modifications in a row. One thread at a time.</summary>
    /// <param name="modified">Receives the files' numbers, among which may be some that are watched no longer, or <see cref="Overflow"/>.</param>
    /// <exception cref="LinuxException">read(2) failed.</exception>
    public void Take(ISet<int> modified)
    {
        ArgumentNullException.ThrowIfNull(modified);
        while (true)
        {
            int length = FileContents.Read(Descriptor, _buffer);
            if (length <= 0)
            {
                if (length is 0 or -EAGAIN)
                {
                    return;
                }

                if (length != -EINTR)
                {
                    throw new LinuxException("read(inotify)", -length);
                }

                continue;
            }

            ReadOnlySpan<byte> events = _buffer.AsSpan(0, length);
            while (MemoryMarshal.TryRead(events, out inotify_event entry))
            {
                modified.Add((entry.mask & IN_Q_OVERFLOW) != 0 ? Overflow : entry.wd);
                events = events[(sizeof(inotify_event) + (int)entry.len)..];
            }
        }
    }

    /// <summary>Ends all.</summary>
    public void Dispose() => Descriptor.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_add_watch(SafeFileHandle instance, byte* path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_rm_watch(SafeFileHandle instance, int watch);
}
