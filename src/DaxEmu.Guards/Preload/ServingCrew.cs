namespace DaxEmu.Guards.Preload;

/// <summary>
/// Threads that serve one connection each, and then wait a while for another. A client can keep its thread as long as it likes, by a file whose
/// server does not answer for one, and no other.
/// </summary>
/// <param name="serve">Serves a connection to its end.</param>
internal sealed class ServingCrew(Action<PreloadConnection> serve)
{
    private const int StackBytes = 256 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly Queue<PreloadConnection> _arrived = new();
    private int _idle;

    /// <summary>Gives a connection to a thread that is free, or to a new one.</summary>
    /// <exception cref="OutOfMemoryException">There can be no more threads.</exception>
    internal void Serve(PreloadConnection connection)
    {
        lock (_gate)
        {
            if (_idle > _arrived.Count)
            {
                _arrived.Enqueue(connection);
                Monitor.Pulse(_gate);
                return;
            }
        }

        new Thread(() => Run(connection), StackBytes) { IsBackground = true, Name = "DaxEmu guard" }.Start();
    }

    private void Run(PreloadConnection first)
    {
        for (PreloadConnection? connection = first; connection is not null; connection = Next())
        {
            serve(connection);
        }
    }

    private PreloadConnection? Next()
    {
        lock (_gate)
        {
            _idle++;
            bool called = true;
            while (_arrived.Count == 0 && called)
            {
                called = Monitor.Wait(_gate, Patience);
            }

            _idle--;
            return _arrived.TryDequeue(out PreloadConnection? connection) ? connection : null;
        }
    }
}
