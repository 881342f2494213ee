namespace DaxEmu.Contract;

/// <summary>What a pin through a descriptor that is not open for writing may do to others.</summary>
public enum ReaderRule
{
    /// <summary>It is granted and stands in nobody's way: who may only read a file must not keep its owner from truncating it.</summary>
    Yield,

    /// <summary>It is granted and holds as any other.</summary>
    Hold,

    /// <summary>It is refused.</summary>
    Refuse,
}
