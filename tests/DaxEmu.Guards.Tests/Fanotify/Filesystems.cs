namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>A filesystem of each type that can be guarded in place, each mounted when it is first asked for.</summary>
public sealed class Filesystems : IDisposable
{
    private readonly Dictionary<string, LoopFilesystem> _mounted = [];

    public void Dispose()
    {
        foreach (LoopFilesystem one in _mounted.Values)
        {
            one.Dispose();
        }
    }

    /// <summary>A directory on it.</summary>
    internal string On(string type)
    {
        if (!_mounted.TryGetValue(type, out LoopFilesystem? one))
        {
            one = new LoopFilesystem(type);
            _mounted.Add(type, one);
        }

        return one.Path;
    }
}
