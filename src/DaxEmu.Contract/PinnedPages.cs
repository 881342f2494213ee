namespace DaxEmu.Contract;

/// <summary>Pages of a file under a pin.</summary>
/// <param name="Pin">The pin; it covers at least a byte of each page.</param>
/// <param name="Range">The pages, whole: multiples of the page size.</param>
public readonly record struct PinnedPages(Pin Pin, ByteRange Range);
