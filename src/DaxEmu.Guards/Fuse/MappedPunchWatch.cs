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
/// Whether a descriptor can send events is settled when it is opened, which for the backing file is just after the reply to FUSE_OPEN. A
/// file that is open for writing therefore carries a mark with its events ignored: descriptors opened meanwhile, and mappings made of
/// them, can be watched later. A pin replaces it with a mark that asks.
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

    /// <summary>Brings the watch of a file in line with its pins and opens. The caller holds the node's gate.</summary>
    internal void Adjust(Node node)
    {
        // A punch through a mapping that is not passed through comes by FUSE.
        PunchWatch wanted = node.IsCached ? PunchWatch.Off : node.Pins > 0 ? PunchWatch.Asking : node.WritableOpens > 0 ? PunchWatch.Silent : PunchWatch.Off;
        if (wanted == node.Watch)
        {
            return;
        }

        // Ignoring comes before asking ends, and asking before ignoring ends, so that a mark of either kind is there throughout.
        int done = wanted switch
        {
            PunchWatch.Asking => First(_group.Mark(node.Handle, true), Drop(node, PunchWatch.Silent)),
            PunchWatch.Silent => First(_group.Ignore(node.Handle, true), Drop(node, PunchWatch.Asking)),
            _ => Drop(node, node.Watch),
        };
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

    private int Drop(Node node, PunchWatch watch) => node.Watch != watch ? 0
        : watch == PunchWatch.Asking ? _group.Mark(node.Handle, false)
        : watch == PunchWatch.Silent ? _group.Ignore(node.Handle, false)
        : 0;

    private void Take(PreContentEvent asked)
    {
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
