using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Daemon.Tests.Audit;

/// <summary>
/// The outputs that docs/audit.md shows are those of the program. With <c>DAXEMU_WRITE_DOCS=1</c> the test writes them into the document
/// instead of comparing.
/// </summary>
[Collection(AuditCollection.Name)]
public sealed partial class AuditDocumentTests(AuditedFilesystems filesystems)
{
    private static readonly string Document = Path.Combine(AuditedFilesystems.RepositoryRoot, "docs", "audit.md");

    [Fact]
    public void The_document_shows_what_the_program_says()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 5), "the document shows the answers of Linux 6.5 and newer");
        string written = File.ReadAllText(Document);
        string generated = Block().Replace(written, m => $"{m.Groups[1].Value}{Settled(filesystems.Read(m.Groups[2].Value + ".txt"))}```\n");

        if (Environment.GetEnvironmentVariable("DAXEMU_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Document, generated);
        }

        Assert.Equal(7, Block().Count(generated));
        Assert.Equal(generated, File.ReadAllText(Document));
    }

    // What differs from one machine, or one run, to the next.
    private static string Settled(string output)
    {
        output = Release().Replace(output, "Linux RELEASE");
        output = LoopDevice().Replace(output, "/dev/loop0");
        return Options().Replace(output, "$1,...");
    }

    [GeneratedRegex(@"(<!-- output: (\S+) -->\n```\n).*?```\n", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<=asked of )Linux \S+")]
    private static partial Regex Release();

    [GeneratedRegex(@"/dev/loop\d+")]
    private static partial Regex LoopDevice();

    [GeneratedRegex(@"(?m)^(  options     rw,relatime).*$")]
    private static partial Regex Options();
}
