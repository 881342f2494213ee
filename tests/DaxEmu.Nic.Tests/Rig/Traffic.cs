using System.Collections.Concurrent;

namespace DaxEmu.Nic.Tests;

/// <summary>Worker threads, each with an engine, that keep draining whatever queue pairs they are given.</summary>
internal sealed class Traffic : IDisposable
{
    private readonly ConcurrentDictionary<uint, bool> _queuePairs = new();
    private readonly Task[] _workers;
    private volatile bool _stop;

    public Traffic(Rig rig, int workers = 2)
    {
        _workers = [.. Enumerable.Range(0, workers).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var engine = rig.Device.CreateEngine();
                long now = 1L;
                while (!_stop)
                {
                    foreach (var (number, _) in _queuePairs) { engine.Drain(number, now += 1000); } Thread.Yield();
                }
            },
            TaskCreationOptions.LongRunning))];
    }

    public void Add(uint qpNumber) => _queuePairs[qpNumber] = true;

    public async Task StopAsync()
    {
        _stop = true;
        await Task.WhenAll(_workers);
    }

    public void Dispose()
    {
        _stop = true;
        Task.WaitAll(_workers);
    }
}
