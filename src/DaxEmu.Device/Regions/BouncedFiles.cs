using DaxEmu.Contract;

namespace DaxEmu.Device;

/// <summary>The files that regions reach by copying.</summary>
internal sealed class BouncedFiles
{
    private readonly Dictionary<FileIdentity, BouncedFile> _files = [];

    /// <summary>Files that are used now.</summary>
    public int Count
    {
        get
        {
            lock (_files)
            {
                return _files.Count;
            }
        }
    }

    /// <summary>The one that stands for a file, to be given back by <see cref="Return"/>.</summary>
    public BouncedFile Take(FileIdentity identity)
    {
        lock (_files)
        {
            if (!_files.TryGetValue(identity, out BouncedFile? file))
            {
                _files[identity] = file = new BouncedFile(identity);
            }

            file.Users++;
            return file;
        }
    }

    /// <summary>Gives it back.</summary>
    public void Return(BouncedFile file)
    {
        lock (_files)
        {
            if (--file.Users == 0)
            {
                _files.Remove(file.Identity);
            }
        }
    }

    /// <summary>As <see cref="IPinHolders.StopCopies"/>.</summary>
    public IDisposable Stop(FileIdentity identity)
    {
        BouncedFile file = Take(identity);
        file.Stop();
        return new Stopped(this, file);
    }

    private sealed class Stopped(BouncedFiles files, BouncedFile file) : IDisposable
    {
        private BouncedFile? _file = file;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _file, null) is { } stopped)
            {
                stopped.Resume();
                files.Return(stopped);
            }
        }
    }
}
