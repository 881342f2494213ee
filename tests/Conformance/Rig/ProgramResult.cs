using Xunit;

namespace DaxEmu.Conformance;

/// <summary>A program that has ended.</summary>
/// <param name="CommandLine">As one would type it.</param>
/// <param name="ExitStatus">What it returned.</param>
/// <param name="Text">What it wrote, errors too.</param>
internal sealed record ProgramResult(string CommandLine, int ExitStatus, string Text)
{
    /// <summary>Fails the test, with what the program wrote, unless it returned 0.</summary>
    public ProgramResult Succeeded()
    {
        Assert.True(ExitStatus == 0, $"{CommandLine} returned {ExitStatus}. It wrote:\n{Text}");
        return this;
    }
}
