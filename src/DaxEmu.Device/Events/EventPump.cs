using System.Collections.Concurrent;
using DaxEmu.Linux.Events;
using static DaxEmu.Abi.epoll;

namespace DaxEmu.Device;

/// <summary>One thread that sends the events that did not fit, when their clients have read.</summary>
internal sealed class EventPump : IDisposable
{
    private const ulong Stop = 0;
    private const long Forever = -1;

    private readonly EpollSet _set = new();
    private readonly EventDescriptor _stop = new();
    private readonly ConcurrentDictionary<ulong, EventChannel> _watched = new();
    private readonly Thread _thread;
    private ulong _lastToken = Stop;

    /// <summary>Starts the thread.</summary>
    public EventPump()
    {
        _set.Add(_stop.Handle, Stop);
        _thread = new Thread(Run) { IsBackground = true, Name = "DaxEmu event backlog" };
        _thread.Start();
    }

    /// <summary>Channels that wait to be writable.</summary>
    public int Watched => _watched.Count;

    /// <summary>
    /// Makes room for a new channel. Here and not in <see cref="Watch"/>, which a worker calls: the kernel may have none left.
    /// </summary>
    /// <exception cref="Linux.LinuxException">epoll_ctl(2) failed: ENOMEM, ENOSPC.</exception>
    public void Add(EventChannel channel)
    {
        channel.WatchToken = Interlocked.Increment(ref _lastToken);
        _set.Add(channel.Handle, channel.WatchToken, EPOLLONESHOT);
    }

    /// <summary>Flushes the channel, once, when it can be written. Called with the channel's lock held.</summary>
    public void Watch(EventChannel channel)
    {
        _watched[channel.WatchToken] = channel;
        _set.Modify(channel.Handle, channel.WatchToken, EPOLLOUT | EPOLLONESHOT);
    }

    /// <summary>Lets go of a channel that is about to be closed. Called with the channel's lock held.</summary>
    public void Forget(EventChannel channel)
    {
        _set.Remove(channel.Handle);
        _watched.TryRemove(channel.WatchToken, out _);
    }

    /// <summary>Stops the thread and waits for it.</summary>
    public void Dispose()
    {
        _stop.Signal();
        _thread.Join();
        _set.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            int ready = _set.Wait(Forever);
            for (int i = 0; i < ready; i++)
            {
                ulong token = _set.TokenOf(i);
                if (token == Stop)
                {
                    return;
                }

                if (_watched.TryRemove(token, out EventChannel? channel))
                {
                    channel.Flush();
                }
            }
        }
    }
}
