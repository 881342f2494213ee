using DaxEmu.Contract;
using DaxEmu.Guards.Watch;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Tests;

/// <summary>A file that shows what the test says, one look after the other; the last for all that follow.</summary>
internal sealed class ScriptedReader(FileMap first) : IFileMapReader
{
    private readonly Queue<FileMap> _looks = new([first]);

    public bool BlocksStay => true;

    public SafeFileHandle File => throw new NotSupportedException();

    internal void Is(params ReadOnlySpan<FileMap> looks)
    {
        _looks.Clear();
        foreach (FileMap look in looks)
        {
            _looks.Enqueue(look);
        }
    }

    public FileMap Read(ByteRange range)
    {
        FileMap seen = new();
        foreach (PlacedBytes bytes in (_looks.Count > 1 ? _looks.Dequeue() : _looks.Peek()).In(range))
        {
            seen.Add(bytes);
        }

        return seen;
    }

    public void Dispose()
    {
    }
}
