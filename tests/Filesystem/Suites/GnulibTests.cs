using DaxEmu.Filesystem.Rig;

namespace DaxEmu.Filesystem.Suites;

/// <summary>Gnulib's tests of POSIX functions on files, against the C library as it is.</summary>
internal sealed class GnulibTests : Suite
{
    private static readonly string[] Tests =
    [
        "access", "chmod", "creat", "dup", "faccessat", "fchdir", "fchmodat", "fdatasync", "fdopendir", "fflush", "flock", "fstat",
        "fstatat", "fsync", "futimens", "getcwd", "lchmod", "link", "lstat", "mkdir", "mkdirat", "mkfifo", "mkfifoat",
        "mknod", "open", "openat", "pwrite", "read", "readlink", "readlinkat", "remove", "rename", "rmdir", "stat", "stat-time",
        "symlink", "symlinkat", "truncate", "unlink", "unlinkat", "utime", "utimensat", "write",
    ];

    internal override string Name => "gnulib's tests";

    internal override string? Package => "gnulib";

    internal override string What => $"POSIX functions and their errors, as root and as an ordinary user: {string.Join(", ", Tests)}";

    internal override async Task<IReadOnlyList<Outcome>> RunAsync(string directory, string work)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "programs", "gnulib");
        (await Script.RunAsync(
            $"""
            mkdir -p gnulib; chmod 755 . gnulib
            for test in {string.Join(' ', Tests)}; do
              test -e gnulib/$test || gcc -w -O1 -include {source}/config.h -I{source} -I/usr/share/gnulib/tests -idirafter /usr/share/gnulib/lib \
                -o gnulib/$test /usr/share/gnulib/tests/test-$test.c {source}/support.c
            done
            """, work)).Succeeded();
        List<Outcome> outcomes = [];
        foreach ((string user, string prefix) in ((string, string)[])[("root", ""), ("nobody", "setpriv --reuid 65534 --regid 65534 --clear-groups")])
        {
            foreach (string test in Tests)
            {
                // Each has a directory of its own, and its source as standard input, as gnulib's own makefile has it for those that read it.
                string own = Path.Combine(directory, user, test);
                outcomes.Add(await ScriptAsync(
                    $"{test} ({user})",
                    $"""
                    mkdir -p {own}; chmod 777 {own}; cd {own}; status=0
                    {prefix} {work}/gnulib/{test} one two < /usr/share/gnulib/tests/test-{test}.c || status=$?
                    test $status = 0 || test $status = 77
                    """,
                    directory));
            }
        }

        return outcomes;
    }
}
