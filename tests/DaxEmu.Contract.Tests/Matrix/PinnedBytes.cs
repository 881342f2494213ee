namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>A pin of the matrix.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">First byte after it.</param>
/// <param name="Process">Whose it is.</param>
/// <param name="OfAnotherFile">It lies on a file that no operation is asked for.</param>
/// <param name="Is">By whom, and how.</param>
internal sealed record PinnedBytes(ulong Start, ulong End, int Process = 1, bool OfAnotherFile = false, PinnedAs Is = PinnedAs.Writer)
{
    /// <summary>It stands in no operation's way.</summary>
    internal bool Yields => Is != PinnedAs.Writer;
}
