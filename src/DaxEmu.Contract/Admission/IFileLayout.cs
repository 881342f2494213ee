namespace DaxEmu.Contract;

/// <summary>The blocks of a file, for admission. Asked only when a rule needs it.</summary>
public interface IFileLayout
{
    /// <summary>Looks at a range; in the same step as the decision, so it must be quick and must not call the contract.</summary>
    FileLayout Look(ByteRange range);

    /// <summary>Gives blocks to the holes of a range, without changing a byte. Outside any lock.</summary>
    /// <returns>0, or the errno that it failed with.</returns>
    int Allocate(ByteRange range);

    /// <summary>Gives the shared bytes of a range blocks of their own, without changing a byte. Outside any lock.</summary>
    /// <returns>0, or the errno that it failed with.</returns>
    int Unshare(ByteRange range);
}
