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

    /// <summary>Uses of those by the device that are to be reported.</summary>
    public HashSet<(int Page, bool IsWrite)> Reportable { get; } = [];

    /// <summary>Uses that are reported, or that may be: of a work request that failed half way.</summary>
    public HashSet<(int Page, bool IsWrite)> Known { get; } = [];

    /// <summary>How peers reach it.</summary>
    public Client.RemoteMemory Memory { get; init; }

    /// <summary>The device uses a part: what it meets of kept pages for the first time is to be reported.</summary>
    public void Use(int offset, int length, bool isWrite, bool isCertain)
    {
        for (int page = (Start + offset) / ModelPage.Size; page <= (Start + offset + length - 1) / ModelPage.Size; page++)
        {
            if (Orphans.ContainsKey(page) && Known.Add((page, isWrite)) && isCertain)
            {
                Reportable.Add((page, isWrite));
            }
        }
    }

    public bool Meets(long start, long end) => Start < end && start < End;
}
