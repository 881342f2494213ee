namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>What an operation is told.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="ErrnoName">The errno of a refusal.</param>
internal sealed record Answer(LayoutVerdict Verdict, string ErrnoName = "")
{
    internal static Answer Of(LayoutDecision decision) => new(decision.Verdict, Errno.NameOf(decision.Errno));

    public override string ToString() => Verdict switch
    {
        LayoutVerdict.Proceed => "proceeds",
        LayoutVerdict.Pretend => "pretends",
        _ => ErrnoName,
    };
}
