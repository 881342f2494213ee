namespace DaxEmu.Contract;

/// <summary>What admission needs to know of a file, read in the same step as the decision.</summary>
/// <param name="Size">st_size in bytes.</param>
/// <param name="OpenForWriting">The descriptor the asker presented may be written through.</param>
public readonly record struct FileFacts(ulong Size, bool OpenForWriting)
{
    /// <summary>Its blocks; null when nothing can be told of them.</summary>
    public IFileLayout? Layout { get; init; }
}
