using DaxEmu.Contract;
using DaxEmu.Guards.PreContent;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// Catches madvise(MADV_REMOVE) on passed-through mappings. Their file is the backing file, so the punch goes past FUSE to the backing
/// file system; but there it asks for pre-content events (vfs_fallocate), as reads and writes do.
/// </summary>
/// <remarks>
/// <para>
/// Whether a descriptor can send events is settled when it is opened, which for the backing file is just after the reply to FUSE_OPEN. From
/// before the reply until then the file therefore carries a mark with its events ignored: descriptors opened meanwhile, and mappings made of
/// them, can be watched later. That the kernel has opened it is told by an event of its own, with the thread. So the mark, which costs each read
/// and write about as much as passing it through, is gone by the time that the caller reads or writes. A pin brings a mark that asks.
/// </para>
/// <para>
/// An event does not tell its operation, but its thread is blocked in it, so its system call can be read.
/// </para>
/// </remarks>
internal sealed class MappedPunchWatch : IDisposable
{
    private readonly FanotifyGroup _group;
    private readonly FuseVolume _volume;
    private readonly IGuardEvents _events;
    private readonly OperationJudge _judge;
    private readonly PreContentListener _listener;

    private MappedPunchWatch(FanotifyGroup group, FuseVolume volume, IFileContract contract, IGuardEvents events)
    {
        _group = group;
        _volume = volume;
        _events = events;
        _judge = new OperationJudge(group, contract, events, volume.MountPoint);
        _listener = new PreContentListener(group, events, volume.MountPoint, 1, Take);
        _listener.Start();
    }

    /// <summary>Starts watching.</summary>
    /// <param name="volume">The files.</param>
    /// <param name="probe">Any regular file on the volume, to find out whether its file system can be watched.</param>
    /// <param name="contract">Whom to ask.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="obstacle">Why it cannot be done.</param>
    internal static MappedPunchWatch? Start(
        FuseVolume volume, SafeFileHandle probe, IFileContract contract, IGuardEvents events, out string obstacle)
    {
        obstacle = "";
        int opened = FanotifyGroup.Open(out FanotifyGroup? group);
        int marked = opened < 0 ? opened : group!.Ignore(probe, wanted: true);
        if (marked == 0)
        {
            _ = group!.Ignore(probe, wanted: false);
            return new MappedPunchWatch(group, volume, contract, events);
        }

        group?.Dispose();
        obstacle = $"{(opened < 0 ? "fanotify_init" : "fanotify_mark")} failed: {ErrnoName.Describe(-marked)}";
        return null;
    }

    /// <summary>A thread is about to be told that it may open a file, passed through, to read and write. The caller holds the node's gate.</summary>
    internal void OnOpening(Node node, int thread)
    {
        if (!node.IsCached)
        {
            node.Opening.Add(thread);
            Adjust(node);
        }
    }

    /// <summary>An open file is no more. The caller holds the node's gate.</summary>
    internal void OnReleased(Node node)
    {
        // Opens that failed in the kernel after all, and those of which there was one event for two.
        if (node.Opens == 0 && node.Opening.Count > 0)
        {
            node.Opening.Clear();
            Adjust(node);
        }
    }

    /// <summary>Brings the watch of a file in line with its pins and opens. The caller holds the node's gate.</summary>
    internal void Adjust(Node node)
    {
        // A punch through a mapping that is not passed through comes by FUSE.
        PunchWatch wanted = node.IsCached ? PunchWatch.Off
            : (node.Pins > 0 ? PunchWatch.Asking : PunchWatch.Off) | (node.Opening.Count > 0 ? PunchWatch.Opening : PunchWatch.Off);
        if (wanted == node.Watch)
        {
            return;
        }

        // Ignoring comes before asking ends, and asking before ignoring ends, so that a mark of either kind is there throughout.
        (bool isAsking, bool isOpening) = (node.Watch.HasFlag(PunchWatch.Asking), node.Watch.HasFlag(PunchWatch.Opening));
        (bool asks, bool opens) = (wanted.HasFlag(PunchWatch.Asking), wanted.HasFlag(PunchWatch.Opening));
        int done = Begin(node, opens && !asks, isOpening && !isAsking, _group.Ignore);
        done = First(done, Begin(node, asks, isAsking, (file, wish) => _group.Mark(file, wish)));
        done = First(done, Begin(node, opens, isOpening, _group.TellOpens));
        done = First(done, End(node, asks, isAsking, (file, wish) => _group.Mark(file, wish)));
        done = First(done, End(node, opens && !asks, isOpening && !isAsking, _group.Ignore));
        done = First(done, End(node, opens, isOpening, _group.TellOpens));
        node.Watch = wanted;
        if (done < 0)
        {
            _events.Warning($"{_volume.ShownPath(node)}: fanotify_mark failed: {ErrnoName.Describe(-done)}");
        }
    }

    /// <summary>Ends all waiting, and answers those who waited.</summary>
    /// <returns>False when some were still without an answer after that time.</returns>
    internal bool EndWaiting(TimeSpan patience) => _judge.EndWaiting(patience);

    public void Dispose()
    {
        _listener.Dispose();
        _judge.Dispose();
        _group.Dispose();
    }

    private static int First(int one, int other) => one < 0 ? one : other;

    private static int Begin(Node node, bool wanted, bool isThere, Func<SafeFileHandle, bool, int> mark) =>
        wanted && !isThere ? mark(node.Handle, true) : 0;

    private static int End(Node node, bool wanted, bool isThere, Func<SafeFileHandle, bool, int> mark) =>
        !wanted && isThere ? mark(node.Handle, false) : 0;

    private void Take(PreContentEvent asked)
    {
        if (asked.HasOpened)
        {
            OnOpened(asked);
            return;
        }

        // Of a thread without an id here nothing can be told, and reads and writes must not suffer for it.
        BlockedSystemCall call = asked.Thread == 0 ? BlockedSystemCall.Unknown : BlockedSystemCall.OfBlocking(asked.Thread);

        // A worker of io_uring is in no system call, but its stack tells.
        string? function = call.IsKnown ? null : KernelStack.Of(asked.Thread).FirstOf("io_madvise");
        if (!call.IsMadviseRemove && function is null)
        {
            _judge.Allow(asked);
            return;
        }

        FileIdentity file = InPlaceVolume.IdentityOf(asked.File);
        _judge.Ask(
            asked,
            new BlockedCaller(asked.Thread, call, function),
            () => new LayoutOperation(file, PathOf(file), LayoutOperationKind.PunchHole, asked.Range, Callers.OfThread(asked.Thread)),
            canCopy: false);
    }

    // By somebody, also by the backing path and by the guard itself; only that of a thread which opens it through the mount counts.
    private void OnOpened(PreContentEvent opened)
    {
        using (opened.File)
        {
            if (_volume.Nodes.Hold(InPlaceVolume.IdentityOf(opened.File)) is not { } node)
            {
                return;
            }

            lock (node.Gate)
            {
                if (node.Opening.Remove(opened.Thread))
                {
                    Adjust(node);
                }
            }

            _volume.Nodes.Release(node);
        }
    }

    private string PathOf(FileIdentity identity)
    {
        if (_volume.Nodes.Hold(identity) is not { } node)
        {
            return identity.ToString();
        }

        string path = _volume.ShownPath(node);
        _volume.Nodes.Release(node);
        return path;
    }
}
