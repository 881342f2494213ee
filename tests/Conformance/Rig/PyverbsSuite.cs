using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The tests of pyverbs as Debian packages them: as documentation, some of the files compressed.</summary>
internal static class PyverbsSuite
{
    private const string Package = "python3-pyverbs";
    private const string Documentation = "usr/share/doc/rdma-core/tests";

    /// <summary>Debian's Python, which Debian's modules are built for.</summary>
    public const string Python = "/usr/bin/python3";

    /// <summary>Unpacks them below a directory, in <c>tests</c>. Skips the test when there are none.</summary>
    public static async Task UnpackAsync(Machine machine, string directory)
    {
        ProgramResult module = await machine.RunWithoutDaemonAsync(Python, "-c", "import pyverbs");
        Assert.SkipUnless(module.ExitStatus == 0, $"pyverbs is not installed (Debian: apt-get install {Package})");

        string installed = "/" + Documentation;
        if (!Directory.Exists(installed))
        {
            // Images of containers leave documentation out of what they install.
            await machine.RunWithoutDaemonAsync("sh", "-c", $"cd '{directory}' && apt-get download {Package} && dpkg-deb -x {Package}_*.deb .");
            installed = Path.Combine(directory, Documentation);
        }

        Assert.SkipUnless(
            Directory.Exists(installed), $"the tests of pyverbs are not in /{Documentation}, and {Package} cannot be downloaded to get them");
        string tests = Path.Combine(directory, "tests");
        (await machine.RunWithoutDaemonAsync("sh", "-c", $"cp -r '{installed}' '{tests}' && gunzip -f '{tests}'/*.gz")).Succeeded();
    }
}
