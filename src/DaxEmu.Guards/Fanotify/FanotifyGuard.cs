using System.Diagnostics.CodeAnalysis;
using DaxEmu.Contract;
using DaxEmu.Guards.PreContent;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Fanotify;

/// <summary>
/// Guards the files of a volume where they are, by fanotify's pre-content events (Linux 6.14, CAP_SYS_ADMIN; ext4, xfs, btrfs): a file with pins
/// is marked, and each access to its content, and each opening of it, waits until it is seen not to be an operation on its layout, or until the
/// contract has decided. Files without pins are not marked.
/// </summary>
/// <remarks>
/// Whether a descriptor can send events is settled when it is opened (fs/notify/fsnotify.c, file_set_fsnotify_mode_from_watchers): it can when
/// somebody is interested in its file at that time. So a second group is interested in all files of the filesystem, and ignores what comes:
/// the kernel drops it, and descriptors opened before a file is pinned send events once it is.
/// </remarks>
public sealed class FanotifyGuard : IVolumeGuard
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly InPlaceVolume _volume;
    private readonly FanotifyGroup _asking;
    private readonly FanotifyGroup _silent;
    private readonly IGuardEvents _events;
    private readonly FanotifyGuardOptions _options;
    private readonly OperationJudge _judge;
    private readonly PreContentListener _listener;
    private int _disposed;

    private FanotifyGuard(
        InPlaceVolume volume, FanotifyGroup asking, FanotifyGroup silent, IFileContract contract, IGuardEvents events, FanotifyGuardOptions options)
    {
        _volume = volume;
        _asking = asking;
        _silent = silent;
        _events = events;
        _options = options;
        _judge = new OperationJudge(asking, contract, events, volume.ShownDirectory);
        _listener = new PreContentListener(asking, events, volume.ShownDirectory, options.Threads, Take);
        _listener.Start();
    }

    /// <inheritdoc/>
    public string Name => "fanotify";

    /// <inheritdoc/>
    public string Reason => "accesses to pinned files wait for the guard (pre-content events); files without pins are not watched";

    /// <inheritdoc/>
    public IReadOnlyList<string> Gaps => FanotifyGaps.Of(_options);

    /// <summary>Starts guarding a volume, where that works.</summary>
    /// <param name="volume">The volume; it stays the caller's, to be disposed after the guard.</param>
    /// <param name="contract">Whom to ask.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="options">How to guard.</param>
    /// <param name="obstacle">Why it does not work, as a sentence.</param>
    /// <returns>The guard, or null.</returns>
    public static FanotifyGuard? TryStart(
        InPlaceVolume volume, IFileContract contract, IGuardEvents events, FanotifyGuardOptions options, out string obstacle)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(options);
        DescriptorLimit.Raise();
        FanotifyGroup? silent = null;
        int done = FanotifyGroup.Open(out FanotifyGroup? asking);
        done = done < 0 ? done : FanotifyGroup.Open(out silent, asks: false);
        string call = done < 0 ? "fanotify_init(FAN_CLASS_PRE_CONTENT)" : "fanotify_mark(FAN_PRE_ACCESS)";
        done = done < 0 ? done : silent!.IgnoreFileSystem(volume.Root);
        if (done < 0)
        {
            asking?.Dispose();
            silent?.Dispose();
            obstacle = $"{call} failed on {volume.BackingDirectory}: {ErrnoName.Describe(-done)} (Linux 6.14, CAP_SYS_ADMIN, and ext4, xfs or btrfs)";
            return null;
        }

        obstacle = "";
        FanotifyGuard guard = new(volume, asking!, silent!, contract, events, options);
        events.Information($"{volume.ShownDirectory} is guarded in place: {guard.Reason}");
        return guard;
    }

    /// <inheritdoc/>
    public bool TryResolveBacking(SafeFileHandle descriptor, [NotNullWhen(true)] out BackingFile? file) => _volume.TryResolve(descriptor, out file);

    /// <inheritdoc/>
    public bool OnPinned(FileIdentity file)
    {
        if (_volume.Hold(file) is not { } known)
        {
            return false;
        }

        int done;
        lock (known.Gate)
        {
            done = known.Pins > 0 ? 0 : Mark(known, wanted: true);
            known.Pins += done < 0 ? 0 : 1;
        }

        if (done < 0)
        {
            string path = _volume.ShownPath(known.Handle);
            _volume.Release(known);
            throw new LinuxException($"fanotify_mark(\"{path}\", FAN_PRE_ACCESS | FAN_OPEN_PERM)", -done);
        }

        return true;
    }

    /// <inheritdoc/>
    public void OnUnpinned(FileIdentity file)
    {
        if (_volume.Hold(file) is not { } known)
        {
            return;
        }

        lock (known.Gate)
        {
            if (--known.Pins == 0 && Mark(known, wanted: false) is < 0 and int failed)
            {
                _events.Warning($"{_volume.ShownPath(known.Handle)}: fanotify_mark(FAN_MARK_REMOVE) failed: {ErrnoName.Describe(-failed)}");
            }
        }

        // The hold just taken, and the pin's.
        _volume.Release(known);
        _volume.Release(known);
    }

    /// <summary>Ends the guarding. Who waits gets an answer first; what comes later is allowed.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        bool answered = _judge.EndWaiting(Patience);
        _listener.Dispose();
        if (!answered || !_judge.EndWaiting(Patience))
        {
            _events.Warning($"{_volume.ShownDirectory}: an operation that waited for pins got no answer in time");
        }

        _judge.Dispose();
        _asking.Dispose();
        _silent.Dispose();
    }

    // Pins may outlive the guard; its marks went with it.
    private int Mark(InPlaceFile file, bool wanted) =>
        Volatile.Read(ref _disposed) != 0 ? 0 : _asking.Mark(file.Handle, wanted, withOpens: true);

    // Nothing in here waits: see PreContentListener.
    private void Take(PreContentEvent asked)
    {
        if (!_options.JudgesOwnProcess && ProcessStatus.IsOwnThread(asked.Thread))
        {
            _judge.Allow(asked);
            return;
        }

        BlockedSystemCall call = CallerIntent.CallOf(asked);
        if (CallerIntent.MayWait(call))
        {
            _judge.Read(asked, isReadable => Judge(asked, isReadable ? call : BlockedSystemCall.Unknown));
        }
        else
        {
            Judge(asked, call);
        }
    }

    private void Judge(PreContentEvent asked, BlockedSystemCall call)
    {
        FileIdentity file = InPlaceVolume.IdentityOf(asked.File);
        CallerIntent intent = CallerIntent.Of(asked, file, call, _options.IsStrict);
        if (intent.Kind is not { } kind)
        {
            _judge.Allow(asked);
            return;
        }

        _judge.Ask(
            asked,
            new BlockedCaller(asked.Thread, intent.Call, intent.Function),
            () => new LayoutOperation(file, _volume.ShownPath(file, asked.File), kind, intent.Range, Callers.OfThread(asked.Thread)),
            intent.CanCopy);
    }
}
