namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>By whom, and how, a pin of the matrix is asked for.</summary>
internal enum PinnedAs
{
    /// <summary>Through a descriptor open for writing.</summary>
    Writer,

    /// <summary>Through one that is not.</summary>
    Reader,

    /// <summary>On demand.</summary>
    OnDemand,
}
