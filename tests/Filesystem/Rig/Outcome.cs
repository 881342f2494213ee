namespace DaxEmu.Filesystem.Rig;

/// <summary>What became of one test of a suite.</summary>
/// <param name="Test">Its name.</param>
/// <param name="Verdict">Passed, failed or skipped.</param>
/// <param name="Detail">What it said, where it did not pass.</param>
internal sealed record Outcome(string Test, Verdict Verdict, string Detail = "");
