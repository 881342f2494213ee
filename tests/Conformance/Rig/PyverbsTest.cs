namespace DaxEmu.Conformance;

/// <summary>What came of one test of pyverbs.</summary>
/// <param name="Id">Such as <c>tests.test_mr.MRTest.test_reg_mr</c>.</param>
/// <param name="Outcome"><c>ok</c>, <c>skipped</c> or <c>failed</c>.</param>
/// <param name="Why">The reason, or the trace.</param>
internal sealed record PyverbsTest(string Id, string Outcome, string Why)
{
    /// <summary>Reads a line of run_pyverbs.py.</summary>
    public static PyverbsTest Parse(string line)
    {
        string[] fields = line.Split('\t');
        return new PyverbsTest(fields[0], fields[1], fields[2]);
    }
}
