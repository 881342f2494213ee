using System.Collections.Concurrent;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>
/// Brings the NIC's events to the sessions they belong to. Make it first, give it to the <see cref="NicDevice"/>, then to the
/// <see cref="DeviceServer"/>.
/// </summary>
public sealed class NicEventRouter : INicEvents
{
    private readonly ConcurrentDictionary<ulong, IEventTarget> _targets = new();
    private ulong _lastCookie;
    private NicDevice? _nic;

    /// <inheritdoc/>
    public void CompletionEvent(uint cqNumber, ulong cookie) => Find(cookie)?.OnCompletion();

    /// <inheritdoc/>
    public void AsyncEvent(uint eventType, uint number, ulong cookie) => Find(cookie)?.OnAsyncEvent(eventType);

    /// <inheritdoc/>
    public void DrainNeeded(uint qpNumber, ulong cookie) => Find(cookie)?.OnDrainNeeded();

    /// <inheritdoc/>
    public void MemoryFault(uint key, ulong offset, int errno) => _nic?.ReportFault(key, offset, errno);

    /// <inheritdoc/>
    public void FlushFailed(uint key, ulong offset, int errno) => _nic?.ReportFlushFailure(key, offset, errno);

    /// <inheritdoc/>
    public void OrphanTouched(uint key, ulong offset, uint length) => _nic?.ReportOrphans(key, offset, length);

    /// <summary>Memory faults go to this NIC's contract.</summary>
    internal void Attach(NicDevice nic) => _nic = nic;

    /// <summary>A cookie that no other object has or had: events of one that is gone find nobody.</summary>
    internal ulong NewCookie() => Interlocked.Increment(ref _lastCookie);

    /// <summary>From now on events with the cookie go to the target.</summary>
    internal void Add(ulong cookie, IEventTarget target) => _targets[cookie] = target;

    /// <summary>Events with the cookie are dropped from now on; one may still be under way.</summary>
    internal void Remove(ulong cookie) => _targets.TryRemove(cookie, out _);

    private IEventTarget? Find(ulong cookie) => _targets.GetValueOrDefault(cookie);
}
