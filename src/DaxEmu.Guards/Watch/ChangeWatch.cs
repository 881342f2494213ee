using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Events;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Watch;

/// <summary>
/// Notices when a file with pins was changed by a way that no guard stands in: its size, its blocks, and where they lie are compared with what
/// they were at the look before. It looks when the kernel tells that the file was modified, when a pin comes or goes, before and after each
/// operation that the contract allows, and now and then, for changes that the kernel does not tell of. Files without pins cost nothing.
/// </summary>
/// <remarks>
/// Whoever writes a file makes an event with each write. Therefore a look is followed by a pause, of a length that keeps looking to a small
/// part of a processor's time; what happens during it is found by the next look.
/// </remarks>
public sealed class ChangeWatch : IDisposable
{
    private const ulong ModifiedToken = 1;
    private const ulong WakeToken = 2;
    private const long Millisecond = 1_000_000;

    // A look at a file of few extents takes some microseconds.
    private const int Pause = 5;
    private const int PausePerLook = 20;
    private const int PausePerRound = 100;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(250);

    private readonly IBreachJudge _judge;
    private readonly IGuardEvents _events;
    private readonly ModificationWatch? _modifications;
    private readonly EventDescriptor _wake = new();
    private readonly EpollSet _ready = new();
    private readonly Dictionary<FileIdentity, WatchedFile> _files = [];
    private readonly ConcurrentDictionary<int, WatchedFile> _byNumber = new();
    private readonly Lock _lock = new();

    // Modified since they were looked at. The thread's own.
    private readonly HashSet<WatchedFile> _modified = [];
    private readonly ConcurrentQueue<FileIdentity> _suspected = new();
    private readonly ConcurrentQueue<BreachFinding> _found = new();
    private readonly Lock _telling = new();
    private readonly Thread _thread;
    private long _nextRound;
    private int _unwatched;
    private volatile bool _isStopping;

    /// <summary>Starts watching.</summary>
    /// <param name="judge">Whom to tell.</param>
    /// <param name="events">Where to say what an administrator should know.</param>
    public ChangeWatch(IBreachJudge judge, IGuardEvents events)
    {
        _judge = judge;
        _events = events;
        _ready.Add(_wake.Handle, WakeToken);
        try
        {
            _modifications = new ModificationWatch();
            _ready.Add(_modifications.Descriptor, ModifiedToken);
        }
        catch (LinuxException failure)
        {
            events.Warning("files with pins are only looked at now and then", failure);
        }

        _thread = new Thread(Watch) { Name = "DaxEmu watch", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What is not noticed, as sentences.</summary>
    public static IReadOnlyList<string> Gaps { get; } =
    [
        "writes to the block device itself, and changes of the filesystem's metadata made there while it is mounted",
        "a change that was undone before the next look, some milliseconds later: bytes that were cut off within a block that stays, or bytes "
        + "whose blocks are not told of (tmpfs, btrfs) and that were written again",
        "zero-range, a clone or a move of data that had no block yet when its file was looked at last",
        "clones, dedupe and defragmentation on filesystems other than ext4 and xfs, which move blocks by themselves",
        "unsharing, which a write does as well",
        "a change made while an operation that the contract allowed on the same bytes is under way",
        "who made the change",
    ];

    /// <summary>How many files are watched.</summary>
    public int FileCount
    {
        get
        {
            lock (_lock)
            {
                return _files.Count;
            }
        }
    }

    /// <summary>
    /// Prepares for a pin. Must be called before the contract is asked for it; then comes <see cref="Add"/>, or <see cref="Drop"/> when it is
    /// refused: an operation that meets the pin is known from the beginning.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="descriptor">A descriptor of it, open for reading; may be closed afterwards.</param>
    /// <returns>To be taken when the pin is decided; null when the file cannot be looked at, which was said.</returns>
    public PinBaseline? Hold(FileIdentity file, SafeFileHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (HoldFile(file, descriptor) is not { } watched)
        {
            return null;
        }

        PinBaseline baseline = new(watched);
        lock (watched.Gate)
        {
            watched.Begin(baseline);
        }

        return baseline;
    }

    /// <summary>Takes a pin that was granted; <see cref="Release"/> comes when it has gone.</summary>
    /// <param name="pin">The pin, of a file that is held.</param>
    /// <param name="baseline">What was seen when it was decided.</param>
    public void Add(Pin pin, PinBaseline baseline)
    {
        ArgumentNullException.ThrowIfNull(pin);
        ArgumentNullException.ThrowIfNull(baseline);
        OnFile(pin.Request.File, file => file.Add(pin, baseline));
    }

    /// <summary>Takes a <see cref="Hold"/> back: there is no pin to watch.</summary>
    /// <param name="baseline">What it gave.</param>
    public void Drop(PinBaseline baseline)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        lock (baseline.File.Gate)
        {
            baseline.File.Drop(baseline);
        }

        Release(baseline.File.Identity);
    }

    /// <summary>
    /// Takes a last look at what is under a pin; all that was found by then has been told when it returns. Must be called before the contract is
    /// told that the pin goes, by a thread that the device does not wait for.
    /// </summary>
    /// <param name="pin">The pin.</param>
    public void Remove(Pin pin)
    {
        ArgumentNullException.ThrowIfNull(pin);
        OnFile(pin.Request.File, file => file.Remove(pin));
        Tell();
    }

    /// <summary>A pin that was watched has gone.</summary>
    /// <param name="file">The file.</param>
    public void Release(FileIdentity file)
    {
        WatchedFile? watched;
        lock (_lock)
        {
            if (!_files.TryGetValue(file, out watched) || --watched.Holds > 0)
            {
                return;
            }

            _files.Remove(file);
            if (watched.Number >= 0)
            {
                _modifications?.Remove(watched.Number);
                _byNumber.TryRemove(watched.Number, out _);
            }
        }

        lock (watched.Gate)
        {
            watched.Dispose();
        }
    }

    /// <summary>Takes note of an operation that the contract allowed, before it is carried out.</summary>
    /// <param name="operation">The operation.</param>
    /// <returns>True when it must be told that it has ended: <see cref="End"/>.</returns>
    public bool Begin(LayoutOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return OnFile(operation.File, file => file.Begin(operation.Range));
    }

    /// <summary>It has ended, whether or not it was carried out.</summary>
    /// <param name="operation">The operation.</param>
    public void End(LayoutOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        OnFile(operation.File, file => file.End(operation.Range));
    }

    /// <summary>Has a file looked at soon: something met a page of it that is gone. Does not wait for the look, so an engine may call it.</summary>
    /// <param name="file">The file.</param>
    public void Suspect(FileIdentity file)
    {
        _suspected.Enqueue(file);
        _wake.Signal();
    }

    /// <summary>Ends watching, having told what was found.</summary>
    public void Dispose()
    {
        if (_isStopping)
        {
            return;
        }

        _isStopping = true;
        _wake.Signal();
        _thread.Join();
        foreach (WatchedFile file in _files.Values)
        {
            file.Dispose();
        }

        _ready.Dispose();
        _modifications?.Dispose();
        _wake.Dispose();
    }

    private static long In(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private WatchedFile? HoldFile(FileIdentity file, SafeFileHandle descriptor)
    {
        lock (_lock)
        {
            if (_files.TryGetValue(file, out WatchedFile? known))
            {
                known.Holds++;
                return known;
            }

            WatchedFile watched;
            try
            {
                watched = new WatchedFile(file, new FileMapReader(descriptor), _judge) { Holds = 1 };
            }
            catch (LinuxException failure)
            {
                _events.Warning($"changes of file {file} that slip past its guard will not be noticed", failure);
                return null;
            }

            _files[file] = watched;
            Start(watched);
            if (_files.Count == 1)
            {
                Volatile.Write(ref _nextRound, Stopwatch.GetTimestamp() + In(Round));
                _wake.Signal();
            }

            return watched;
        }
    }

    private void Start(WatchedFile watched)
    {
        watched.Number = _modifications?.Add(watched.File) ?? -1;
        if (watched.Number >= 0)
        {
            _byNumber[watched.Number] = watched;
        }
        else if (_modifications is not null && Interlocked.Increment(ref _unwatched) == 1)
        {
            _events.Warning(
                $"file {watched.Identity} is only looked at now and then: inotify_add_watch failed: {ErrnoName.Describe(-watched.Number)}; "
                + "this is said once");
        }
    }

    private bool OnFile(FileIdentity identity, Func<WatchedFile, List<BreachFinding>> look)
    {
        WatchedFile? file;
        lock (_lock)
        {
            file = _files.GetValueOrDefault(identity);
        }

        if (file is null)
        {
            return false;
        }

        List<BreachFinding> found;
        lock (file.Gate)
        {
            found = look(file);
        }

        // What is found may take a region from engines that wait for the very thread that looked.
        if (found.Count > 0)
        {
            found.ForEach(_found.Enqueue);
            _wake.Signal();
        }

        return true;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong with one file, the others are still to be watched.")]
    private void Watch()
    {
        HashSet<int> modified = [];
        while (true)
        {
            try
            {
                // Read first: what was found before the end was asked for is still told.
                bool isLast = _isStopping;
                Wait(modified);
                LookAtModified(modified);
                LookAtAll();
                Tell();
                if (isLast)
                {
                    return;
                }

                _ = Readiness.WaitReadable(_wake.Handle, TimeSpan.FromMilliseconds(_isStopping ? 0 : Pause));
            }
            catch (Exception failure)
            {
                _events.Warning("watching files with pins", failure);
                if (_isStopping)
                {
                    return;
                }
            }
        }
    }

    private void Wait(HashSet<int> modified)
    {
        int ready = _isStopping ? 0 : _ready.Wait(TimeToWait());
        modified.Clear();
        for (int i = 0; i < ready; i++)
        {
            if (_ready.TokenOf(i) == WakeToken)
            {
                _wake.Reset();
            }
            else
            {
                _modifications!.Take(modified);
            }
        }
    }

    private long TimeToWait()
    {
        long next = long.MaxValue;
        foreach (WatchedFile file in _modified)
        {
            next = Math.Min(next, file.NotBefore);
        }

        lock (_lock)
        {
            next = _files.Count > 0 ? Math.Min(next, _nextRound) : next;
        }

        return next == long.MaxValue
            ? -1
            : Math.Max(0, (long)((next - Stopwatch.GetTimestamp()) * (1e9 / Stopwatch.Frequency)));
    }

    private void LookAtModified(HashSet<int> modified)
    {
        if (modified.Contains(ModificationWatch.Overflow))
        {
            _modified.UnionWith(_byNumber.Values);
        }

        foreach (int number in modified)
        {
            if (_byNumber.TryGetValue(number, out WatchedFile? file))
            {
                _modified.Add(file);
            }
        }

        while (_suspected.TryDequeue(out FileIdentity suspected))
        {
            lock (_lock)
            {
                if (_files.TryGetValue(suspected, out WatchedFile? file))
                {
                    _modified.Add(file);
                }
            }
        }

        long begin = Stopwatch.GetTimestamp();
        foreach (WatchedFile file in _modified.Where(f => f.NotBefore <= begin).ToArray())
        {
            long now = Stopwatch.GetTimestamp();
            _modified.Remove(file);
            Look(file);
            file.NotBefore = now + (PausePerLook * (Stopwatch.GetTimestamp() - now));
        }
    }

    private void LookAtAll()
    {
        long begin = Stopwatch.GetTimestamp();
        if (begin < Volatile.Read(ref _nextRound))
        {
            return;
        }

        WatchedFile[] files;
        lock (_lock)
        {
            files = [.. _files.Values];
        }

        foreach (WatchedFile file in files)
        {
            Look(file);
        }

        long end = Stopwatch.GetTimestamp();
        Volatile.Write(ref _nextRound, end + Math.Max(In(Round), PausePerRound * (end - begin)));
    }

    private void Look(WatchedFile file)
    {
        lock (file.Gate)
        {
            file.Look().ForEach(_found.Enqueue);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The pin must go, and the others be told of, whatever goes wrong with one.")]
    private void Tell()
    {
        lock (_telling)
        {
            while (_found.TryDequeue(out BreachFinding? finding))
            {
                try
                {
                    Tell(finding);
                }
                catch (Exception failure)
                {
                    _events.Warning($"{finding.Pin.Request.Path}: a breach could not be judged", failure);
                }
            }
        }
    }

    private void Tell(BreachFinding finding)
    {
        BreachFate fate = _judge.ReportBreach(finding);
        _events.Warning(
            $"{finding.Pin.Request.Path}: changed without a guard having been asked, under {finding.Pin.Request.Region} of process "
            + $"{finding.Pin.Request.Owner.ProcessId} ({finding.Pin.Request.Owner.Command}), which "
            + $"{(fate == BreachFate.Revoked ? "is revoked" : "stays")}: {string.Join("; ", finding.Changes)}");
        if (fate == BreachFate.Revoked)
        {
            OnFile(finding.Pin.Request.File, file =>
            {
                file.Forget(finding.Pin);
                return [];
            });
        }
    }
}
