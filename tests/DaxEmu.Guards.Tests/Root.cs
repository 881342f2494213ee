using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>What only root can do.</summary>
internal static class Root
{
    /// <summary>Skips the calling test for an ordinary user.</summary>
    internal static void IsNeededTo(string act) => Assert.SkipUnless(Environment.IsPrivilegedProcess, $"only root can {act}");
}
