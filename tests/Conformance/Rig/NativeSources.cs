using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The sources of the libraries in C, for builds of them that are made to show something.</summary>
internal static class NativeSources
{
    /// <summary>The directory of a library's sources, or of the headers that both ends include.</summary>
    /// <param name="library">preload, native or include.</param>
    public static string Of(string library) => Path.Combine(AppContext.BaseDirectory, "native-shims", library);

    /// <summary>Copies a library's sources, with a bug in them. The directory is the caller's.</summary>
    /// <param name="library">preload or native.</param>
    /// <param name="file">The source file to change.</param>
    /// <param name="right">What it says.</param>
    /// <param name="wrong">What to say instead.</param>
    public static async Task<string> CopyAsync(string library, string file, string right, string wrong)
    {
        string copy = Directory.CreateTempSubdirectory("daxemu-bug-").FullName;
        foreach (string source in Directory.EnumerateFiles(Of(library)))
        {
            File.Copy(source, Path.Combine(copy, Path.GetFileName(source)));
        }

        string changed = Path.Combine(copy, file);
        string text = await File.ReadAllTextAsync(changed, TestContext.Current.CancellationToken);
        Assert.Contains(right, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(changed, text.Replace(right, wrong, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        return copy;
    }
}
