using System.Text.RegularExpressions;
using DaxEmu.Filesystem.Rig;

namespace DaxEmu.Filesystem.Suites;

/// <summary>libfuse's test_syscalls, with which it tests its own file systems.</summary>
internal sealed partial class FuseSystemCalls : Suite
{
    internal override string Name => "libfuse test_syscalls";

    internal override string? Package => "fuse3";

    internal override string What => "system calls on files, directories and symbolic links, and what each leaves behind; from the package's source";

    internal override async Task<IReadOnlyList<Outcome>> RunAsync(string directory, string work)
    {
        (await Script.RunAsync(
            $"""
            if ! test -e test_syscalls; then
              bash {AppContext.BaseDirectory}/programs/fetch_source.sh fuse3
              : > fuse_config.h
              gcc -w -O1 -D_FILE_OFFSET_BITS=64 -DHAVE_COPY_FILE_RANGE -DHAVE_STATX -I. -o test_syscalls fuse3-source/test/test_syscalls.c
            fi
            """, work)).Succeeded();
        Script run = await Script.RunAsync($"{work}/test_syscalls {directory}", directory);
        Outcome[] outcomes =
        [
            .. run.Lines.Select(l => Line().Match(l)).Where(m => m.Success).Select(m => new Outcome(
                $"{m.Groups[1].Value} {m.Groups[2].Value}", m.Groups[3].Value == "OK" ? Verdict.Passed : Verdict.Failed, m.Groups[3].Value)),
        ];
        return run.ExitStatus == 0 ? outcomes : [.. outcomes, new("the whole", Verdict.Failed, run.Text)];
    }

    [GeneratedRegex(@"^ *(\d+) \[(.*)\] (.*)$")]
    private static partial Regex Line();
}
