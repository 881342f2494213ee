using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Processes;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_fanotify;
using static DaxEmu.Abi.linux_stat;

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
    private const ulong GroupToken = 1;
    private const ulong StopToken = 2;
    private const long Forever = -1;
    private const long Millisecond = 1_000_000;
    private readonly FanotifyGroup _group;
    private readonly FuseVolume _volume;
    private readonly IFileContract _contract;
    private readonly IGuardEvents _events;
    private readonly EventDescriptor _stop = new();
    private readonly EpollSet _ready = new();
    private readonly PunchesUnderWay _underWay = new();
    private readonly Thread _thread;

    private MappedPunchWatch(FanotifyGroup group, FuseVolume volume, IFileContract contract, IGuardEvents events)
    {
        _group = group;
        _volume = volume;
        _contract = contract;
        _events = events;
        _ready.Add(group.Descriptor, GroupToken);
        _ready.Add(_stop.Handle, StopToken);
        _thread = new Thread(Watch) { Name = "fuse punches", IsBackground = true };
        _thread.Start();
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

    public void Dispose()
    {
        _stop.Signal();
        _thread.Join();
        _ready.Dispose();
        _stop.Dispose();
        _underWay.EndAll();
        _group.Dispose();
    }

    private static int First(int one, int other) => one < 0 ? one : other;

    private int Drop(Node node, PunchWatch watch) => node.Watch != watch ? 0
        : watch == PunchWatch.Asking ? _group.Mark(node.Handle, false)
        : watch == PunchWatch.Silent ? _group.Ignore(node.Handle, false)
        : 0;

    private void Watch()
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            int ready = _ready.Wait(_underWay.IsEmpty ? Forever : Millisecond);
            _underWay.EndFinished();
            for (int i = 0; i < ready; i++)
            {
                if (_ready.TokenOf(i) == StopToken)
                {
                    return;
                }

                int length = FileContents.Read(_group.Descriptor, buffer);
                Judge(buffer.AsSpan(0, Math.Max(length, 0)));
            }
        }
    }

    private void Judge(ReadOnlySpan<byte> events)
    {
        while (MemoryMarshal.TryRead(events, out fanotify_event_metadata metadata))
        {
            ReadOnlySpan<byte> records = events[metadata.metadata_len..(int)metadata.event_len];
            SafeFileHandle file = new(metadata.fd, ownsHandle: true);
            try
            {
                Judge(file, metadata.pid, RangeOf(records));
            }
#pragma warning disable CA1031 // An event without an answer would block its thread for ever.
            catch (Exception e)
#pragma warning restore CA1031
            {
                RefuseUnjudged(file, e);
            }

            events = events[(int)metadata.event_len..];
        }
    }

    private void Judge(SafeFileHandle file, int thread, ByteRange range)
    {
        if (!PunchingCall.IsPunch(thread, out BlockedSystemCall call))
        {
            _group.Answer(file, 0);
            return;
        }

        int known = FileStatus.Status(file, STATX_INO, out statx status);
        if (known < 0)
        {
            throw new LinuxException("statx of a fanotify event's file", -known);
        }

        FileIdentity identity = new(DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor), status.stx_ino);
        _underWay.End(thread);
        ValueTask<LayoutDecision> asked = _contract.RequestAsync(
            new LayoutOperation(identity, PathOf(identity), LayoutOperationKind.PunchHole, range, Callers.OfThread(thread)),
            CancellationToken.None);
        if (asked.IsCompleted)
        {
            Obey(asked.Result, file, thread, call);
        }
        else
        {
            _ = ObeyLater(asked, file, thread, call);
        }
    }

    private async Task ObeyLater(ValueTask<LayoutDecision> asked, SafeFileHandle file, int thread, BlockedSystemCall call)
    {
        LayoutDecision decision;
        try
        {
            decision = await asked.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception e)
#pragma warning restore CA1031
        {
            RefuseUnjudged(file, e);
            return;
        }

        Obey(decision, file, thread, call);
    }

    private void RefuseUnjudged(SafeFileHandle file, Exception cause)
    {
        _events.Warning($"{_volume.MountPoint}: a punch through a mapping could not be judged and was refused", cause);
        _group.Answer(file, EIO);
    }

    private void Obey(LayoutDecision decision, SafeFileHandle file, int thread, BlockedSystemCall call)
    {
        if (decision.Verdict == LayoutVerdict.Proceed)
        {
            // Its end is never told.
            decision.Settle(carriedOut: true);
            _underWay.Begin(thread, call, decision);
            _group.Answer(file, 0);
            return;
        }

        // A listener can allow or deny, not pretend; and it can deny with few errnos only.
        using (decision)
        {
            _group.Answer(file, decision.Errno is EPERM or EIO or EBUSY or EAGAIN ? decision.Errno : ETXTBSY);
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

    private static ByteRange RangeOf(ReadOnlySpan<byte> records)
    {
        while (MemoryMarshal.TryRead(records, out fanotify_event_info_header header) && header.len > 0)
        {
            if (header.info_type == FAN_EVENT_INFO_TYPE_RANGE && MemoryMarshal.TryRead(records, out fanotify_event_info_range range))
            {
                return ByteRange.OfLength(range.offset, range.count);
            }

            records = records[header.len..];
        }

        return ByteRange.From(0);
    }
}
