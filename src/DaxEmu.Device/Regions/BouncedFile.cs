using DaxEmu.Contract;

namespace DaxEmu.Device;

/// <summary>
/// A file that regions reach by copying, for all sessions: reads go side by side, a write or an atomic operation goes alone, and nothing goes
/// while an operation that may cut the file is carried out. pwrite(2) cannot be told not to grow a file, so its end must stand still
/// from the look at it to the write.
/// </summary>
/// <param name="identity">The file.</param>
internal sealed class BouncedFile(FileIdentity identity)
{
    private readonly object _gate = new();
    private int _readers;
    private bool _isWritten;
    private int _waitingWriters;
    private int _stops;

    /// <summary>The file.</summary>
    public FileIdentity Identity => identity;

    /// <summary>Regions and operations that use this; <see cref="BouncedFiles"/> counts.</summary>
    public int Users { get; set; }

    /// <summary>Begins a copy, when those under way allow it (readers let a writer that waits go first); false while an operation is carried out, which may take its time.</summary>
    public bool TryEnter(bool isWrite)
    {
        lock (_gate)
        {
            _waitingWriters += isWrite ? 1 : 0;
            while (_stops == 0 && (_isWritten || (isWrite ? _readers > 0 : _waitingWriters > 0)))
            {
                Monitor.Wait(_gate);
            }

            _waitingWriters -= isWrite ? 1 : 0;
            if (_stops > 0)
            {
                return false;
            }

            _isWritten = isWrite;
            _readers += isWrite ? 0 : 1;
            return true;
        }
    }

    /// <summary>Ends a copy.</summary>
    public void Leave(bool isWrite)
    {
        lock (_gate)
        {
            _isWritten = false;
            _readers -= isWrite ? 0 : 1;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Lets no copy begin, and waits for those under way.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stops++;
            Monitor.PulseAll(_gate);
            while (_isWritten || _readers > 0)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Takes a <see cref="Stop"/> back.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            _stops--;
        }
    }
}
