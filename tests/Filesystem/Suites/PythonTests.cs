using System.Text.RegularExpressions;
using DaxEmu.Filesystem.Rig;

namespace DaxEmu.Filesystem.Suites;

/// <summary>Python's regression tests of what touches files.</summary>
internal sealed partial class PythonTests : Suite
{
    private static readonly string[] Tests =
    [
        "test_dbm_dumb", "test_fcntl", "test_file", "test_filecmp", "test_fileio", "test_fileinput", "test_genericpath", "test_glob",
        "test_largefile", "test_mailbox", "test_mmap", "test_os", "test_pathlib", "test_posix", "test_shelve", "test_shutil",
        "test_stat", "test_tempfile",
    ];

    internal override string Name => "Python's tests";

    internal override string? Package => "libpython3.11-testsuite";

    internal override string What => $"{string.Join(", ", Tests)}, with their temporary files on the mount";

    internal override async Task<IReadOnlyList<Outcome>> RunAsync(string directory, string work)
    {
        Script run = await Script.RunAsync($"/usr/bin/python3.11 -m test -j2 --tempdir {directory} {string.Join(' ', Tests)}", directory);
        Dictionary<string, string> said = run.Lines.Select(l => Line().Match(l)).Where(m => m.Success)
            .GroupBy(m => m.Groups[1].Value).ToDictionary(g => g.Key, g => g.Last().Groups[2].Value);
        return
        [
            .. Tests.Select(t => new Outcome(
                t, said.GetValueOrDefault(t) switch { "passed" => Verdict.Passed, "skipped" => Verdict.Skipped, _ => Verdict.Failed }, run.Text)),
        ];
    }

    [GeneratedRegex(@"\] (test_\w+) (passed|skipped|failed|timed out|crashed)")]
    private static partial Regex Line();
}
