using DaxEmu.Contract;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Reads the admission rules of section <c>Admission</c>, or of a volume's.</summary>
internal static class AdmissionReader
{
    /// <summary>Reads the rules; problems go to the reader.</summary>
    /// <param name="reader">Where to read.</param>
    /// <param name="section">The section's key.</param>
    /// <param name="otherwise">What holds where a key is not set.</param>
    public static AdmissionRules Read(SettingReader reader, string section, AdmissionRules otherwise) => new(
        reader.Choice<HoleRule>($"{section}:Holes") ?? otherwise.Holes,
        reader.Choice<SharedExtentRule>($"{section}:SharedExtents") ?? otherwise.SharedExtents,
        reader.Choice<UnstableFileRule>($"{section}:UnstableFiles") ?? otherwise.UnstableFiles,
        reader.Choice<MappingRule>($"{section}:Mapping") ?? otherwise.Mapping,
        reader.Choice<ReaderRule>($"{section}:Readers") ?? otherwise.Readers);
}
