namespace DaxEmu.Device.Tests;

/// <summary>What the commands so far have made, by kind: later commands name it.</summary>
internal sealed class LiveObjects
{
    private readonly Dictionary<string, List<uint>> _handles = [];

    public int CountOf(string kind) => _handles.TryGetValue(kind, out List<uint>? list) ? list.Count : 0;

    public void Add(string kind, uint handle)
    {
        if (!_handles.TryGetValue(kind, out List<uint>? list))
        {
            _handles[kind] = list = [];
        }

        list.Add(handle);
    }

    public void Remove(string kind, uint handle)
    {
        if (_handles.TryGetValue(kind, out List<uint>? list))
        {
            list.Remove(handle);
        }
    }

    /// <summary>One of them; 0 when there is none.</summary>
    public uint Any(string kind, Random random) =>
        _handles.TryGetValue(kind, out List<uint>? list) && list.Count != 0 ? list[random.Next(list.Count)] : 0;

    public void Clear() => _handles.Clear();
}
