namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>A registered range of a file.</summary>
internal sealed class ModelRegion(string name, int start, int length)
{
    public string Name { get; } = name;

    public int Start { get; } = start;

    public int Length { get; } = length;

    public int End => Start + Length;

    /// <summary>Pages that left the file and that the region keeps, by their number in the file.</summary>
    public Dictionary<int, ModelPage> Orphans { get; } = [];

    /// <summary>Of those: which were read, or written, already.</summary>
    public HashSet<(int Page, bool IsWrite)> Touched { get; } = [];

    /// <summary>How peers reach it.</summary>
    public Client.RemoteMemory Memory { get; init; }

    public bool Meets(long start, long end) => Start < end && start < End;
}
