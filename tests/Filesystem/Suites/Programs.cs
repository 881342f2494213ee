using DaxEmu.Filesystem.Rig;

namespace DaxEmu.Filesystem.Suites;

/// <summary>Programs that check their own files.</summary>
internal sealed class Programs : Suite
{
    internal override string Name => "git, sqlite3, tar, dbench";

    internal override string? Package => "git";

    internal override string What =>
        "a repository that is filled, repacked and cloned, with git fsck; databases under concurrent writers in both journal modes, with an " +
        "integrity check; a tree packed, unpacked and compared; dbench's load of file operations";

    internal override async Task<IReadOnlyList<Outcome>> RunAsync(string directory, string work) =>
    [
        await ScriptAsync(
            "git",
            """
            export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
            git init -q one; cd one
            for i in 1 2 3 4 5; do cp -r /usr/share/gnulib/m4 m4-$i; seq $i 5000 > numbers; git add .; git commit -qm $i; done
            git gc -q; git fsck --strict --full; git clone -q --no-hardlinks . ../two; cd ../two; git fsck --strict --full
            git checkout -q HEAD~3; git checkout -q -; test -z "$(git status --porcelain)"; diff -r --exclude .git . ../one
            """, directory),
        await ScriptAsync(
            "sqlite3",
            """
            for mode in wal delete; do
              sqlite3 $mode.db "PRAGMA journal_mode=$mode; CREATE TABLE t(i INTEGER PRIMARY KEY, s TEXT);"
              for n in 1 2 3 4; do
                (for i in $(seq 25); do sqlite3 -cmd '.timeout 60000' $mode.db "INSERT INTO t(s) VALUES (hex(randomblob(3000)));"; done) & pids[n]=$!
              done
              for pid in ${pids[@]}; do wait $pid; done
              test "$(sqlite3 $mode.db 'PRAGMA integrity_check; SELECT count(*) FROM t;' | tr '\n' ' ')" = "ok 100 "
            done
            """, directory),
        await ScriptAsync(
            "tar",
            """
            tar -C /usr/share/gnulib -cf tests.tar tests; tar -xf tests.tar; tar -df tests.tar; diff -r /usr/share/gnulib/tests tests
            cp -a tests copy; rm -r tests; diff -r /usr/share/gnulib/tests copy; rm -r copy; test ! -e copy
            """, directory),
        await ScriptAsync("dbench", "dbench -t 5 -D . 4", directory),
    ];
}
