namespace DaxEmu.Contract;

/// <summary>What became of bytes of a file.</summary>
/// <param name="Range">The bytes.</param>
/// <param name="Was">What was there.</param>
/// <param name="Is">What is there now.</param>
public sealed record LayoutChange(ByteRange Range, BytePlace Was, BytePlace Is)
{
    /// <summary>For messages.</summary>
    public override string ToString() => $"{Range} was {Was} and is {Is}";
}
