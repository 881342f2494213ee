namespace DaxEmu.Filesystem.Rig;

/// <summary>Tests that others wrote, or a program that checks what it wrote, run in a directory.</summary>
internal abstract class Suite
{
    /// <summary>Its name.</summary>
    internal abstract string Name { get; }

    /// <summary>The Debian package that it comes from; null for one of this repository.</summary>
    internal abstract string? Package { get; }

    /// <summary>What it does, for the document.</summary>
    internal abstract string What { get; }

    /// <summary>Tests that do not pass on a mount, and why: all of them, and none that pass.</summary>
    internal virtual IReadOnlyDictionary<string, string> Exceptions { get; } = new Dictionary<string, string>();

    /// <summary>Runs it.</summary>
    /// <param name="directory">An empty directory for it.</param>
    /// <param name="work">A directory outside, for what is fetched and built.</param>
    internal abstract Task<IReadOnlyList<Outcome>> RunAsync(string directory, string work);

    /// <summary>Its version: of a Debian package the part that updates leave alone.</summary>
    internal async Task<string> VersionAsync()
    {
        if (Package is null)
        {
            return "this repository";
        }

        string text = (await Script.RunAsync($"dpkg-query -W -f '${{Version}}' {Package}", "/")).Succeeded().Text.Trim();
        string upstream = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Split('-', '+')[0];
        return string.Join('.', upstream.Split('.').Take(2));
    }

    /// <summary>One test that passes if the script does.</summary>
    internal static async Task<Outcome> ScriptAsync(string test, string script, string directory)
    {
        Script run = await Script.RunAsync(script, directory);
        return new(test, run.ExitStatus == 0 ? Verdict.Passed : Verdict.Failed, run.Text);
    }
}
