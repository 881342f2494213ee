namespace DaxEmu.Device.Tests;

/// <summary>A clock that a test turns.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private readonly List<ManualTimer> _stopped = [];
    private TimeSpan _now;

    public int Timers => _timers.Count;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Pass(TimeSpan time)
    {
        _now += time;
        while (_timers.Where(t => t.Due <= _now).MinBy(t => t.Due) is { } due)
        {
            _timers.Remove(due);
            due.Fire();
        }
    }

    /// <summary>Fires the timers that were stopped while they ran, as a real one may that was about to.</summary>
    /// <returns>How many.</returns>
    public int FireLate()
    {
        ManualTimer[] late = [.. _stopped];
        _stopped.Clear();
        Array.ForEach(late, t => t.Fire());
        return late.Length;
    }

    private sealed class ManualTimer(ManualTime time, Action fire) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Due = time._now + dueTime;
                time._timers.Add(this);
            }

            return true;
        }

        public void Dispose()
        {
            if (time._timers.Remove(this))
            {
                time._stopped.Add(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
