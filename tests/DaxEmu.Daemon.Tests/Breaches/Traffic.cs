using DaxEmu.Client;
using DaxEmu.Daemon.Tests.Legacy;

namespace DaxEmu.Daemon.Tests.Breaches;

/// <summary>A client of the device, which goes on writing to, or reading from, the first page of a file until it is told that it failed.</summary>
internal sealed class Traffic : IDisposable
{
    private readonly bool _isRead;
    private readonly RdmaDevice _device;
    private readonly Loopback _nic;
    private readonly Task<CompletionStatus> _failed;
    private readonly CancellationTokenSource _stop = new();
    private long _done;

    public Traffic(RdmaDevice device, string file, bool isRead = false)
    {
        _isRead = isRead;
        _device = device;
        _nic = new Loopback(device, file);
        _failed = Task.Factory.StartNew(Go, _stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Completes when an operation waits for the region.</summary>
    public Task LeaseBreak => _nic.Region.LeaseBreak;

    /// <summary>What the work request that failed ended with.</summary>
    public Task<CompletionStatus> Failed => _failed;

    /// <summary>Waits for work requests that were posted after now.</summary>
    /// <returns>False when there is none because one failed.</returns>
    public async Task<bool> GoesOnAsync(CancellationToken patience)
    {
        long before = Volatile.Read(ref _done);
        while (!_failed.IsCompleted && Volatile.Read(ref _done) < before + 2)
        {
            patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return !_failed.IsCompleted;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _failed.Wait();
        _nic.Dispose();
        _device.Dispose();
        _stop.Dispose();
    }

    private CompletionStatus Go()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                if (_isRead)
                {
                    _ = _nic.Read(0);
                }
                else
                {
                    _nic.Write(0, (byte)_done);
                }

                Volatile.Write(ref _done, _done + 1);
            }

            return CompletionStatus.Success;
        }
        catch (WorkCompletionException failure)
        {
            return failure.Completion.Status;
        }
    }
}
