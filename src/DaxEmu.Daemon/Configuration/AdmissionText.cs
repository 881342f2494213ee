using DaxEmu.Contract;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Admission rules as users set them.</summary>
internal static class AdmissionText
{
    /// <summary><c>Holes allow, SharedExtents refuse, ...</c></summary>
    public static string Of(AdmissionRules rules) =>
        $"Holes {KebabCase.Of(rules.Holes)}, SharedExtents {KebabCase.Of(rules.SharedExtents)}, "
        + $"UnstableFiles {KebabCase.Of(rules.UnstableFiles)}, Mapping {KebabCase.Of(rules.Mapping)}, Readers {KebabCase.Of(rules.Readers)}";
}
