using DaxEmu.Guards.Fuse;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests;

/// <summary>The mount is a file system that ordinary programs work on.</summary>
public sealed class FileSystemTests
{
    public static TheoryData<FuseDataPath> DataPaths => MountedVolume.DataPaths;

    [Theory]
    [MemberData(nameof(DataPaths))]
    public void Copying_a_tree_keeps_content_owners_modes_times_and_kinds(FuseDataPath dataPath)
    {
        Root.IsNeededTo("give files away");
        using MountedVolume volume = new(dataPath);
        string source = volume.Under("../source");
        Command.Shell(
            $"""
            mkdir -p {source}/d/deep; cd {source}
            seq 1 50000 > numbers; : > empty; printf x > d/deep/x; chmod 4751 numbers; chown 1234:5678 d/deep/x
            ln -s numbers link; ln -s /nowhere/at/all dangling; ln numbers hard; mkfifo pipe; mknod device c 1 3
            touch -d '2001-02-03 04:05:06.123456789' d/deep/x; touch -h -d '2002-02-03 04:05:06.5' link; chmod 1777 d
            setfattr -n user.colour -v blue empty; chmod 2750 d/deep
            truncate -s 1M sparse; printf y | dd of=sparse bs=1 seek=600000 conv=notrunc
            """).MustSucceed();

        Command.Run("cp", "-a", source, volume.On("copy")).MustSucceed();

        string[] described =
        [
            .. new[] { source, volume.On("copy"), volume.Under("copy") }
                .Select(d => Command.Shell($"cd {d}; find . | sort | xargs stat -c '%n %F %a %u:%g %h %s %Y %y %t:%T'").MustSucceed().Output),
        ];
        Assert.Equal(described[0], described[1]);
        Assert.Equal(described[0], described[2]);
        Command.Shell($"cd {source}; find . -type f | sort | xargs sha256sum > ../sums; cd {volume.On("copy")}; sha256sum -c ../../sums")
            .MustSucceed();
        Assert.Contains("blue", Command.Shell($"getfattr -d {volume.On("copy/empty")}").Output, StringComparison.Ordinal);
        Command.Run("rm", "-r", volume.On("copy")).MustSucceed();
        Assert.Empty(Directory.GetFileSystemEntries(volume.Backing));
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public void Git_clones_commits_and_checks_a_repository(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        Command.Shell(
            $"""
            export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
            git init -q {volume.Under("../origin")}; cd {volume.Under("../origin")}
            for i in $(seq 1 200); do mkdir -p d$((i % 7)); seq $i $((i * 3)) > d$((i % 7))/f$i; done
            git add .; git commit -qm one; seq 1 9 > d1/new; git add .; git commit -qm two
            git clone -q --no-hardlinks {volume.Under("../origin")} {volume.On("clone")}
            cd {volume.On("clone")}; git fsck --strict; test -z "$(git status --porcelain)"
            seq 1 99 > d2/more; git add .; git commit -qm three; git gc -q; git fsck --strict
            git checkout -q HEAD~1; test ! -e d2/more; git checkout -q -; test -e d2/more
            """).MustSucceed();
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public void Sqlite_with_a_write_ahead_log_keeps_its_integrity(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        string database = volume.On("test.db");
        Command.Shell(
            $"""
            sqlite3 {database} "PRAGMA journal_mode=WAL; CREATE TABLE t(i INTEGER PRIMARY KEY, s TEXT);"
            for n in 1 2 3; do
              (for i in $(seq 1 20); do sqlite3 -cmd '.timeout 20000' {database} "INSERT INTO t(s) VALUES (hex(randomblob(2000)));"; done) &
            done
            wait
            """).MustSucceed();
        Command answer = Command.Run("sqlite3", database, "PRAGMA integrity_check; SELECT count(*) FROM t;");
        Assert.Equal("ok\n60\n", answer.MustSucceed().Output);
    }

    [Fact]
    public void A_store_through_one_mapping_is_seen_through_the_other_at_once_when_passed_through()
    {
        using MountedVolume volume = new(FuseDataPath.Passthrough);
        volume.WriteFile("data");
        using MappedFile mounted = new(volume.On("data"), 16);
        using MappedFile backing = new(volume.Under("data"), 16);

        mounted.Bytes[5000] = 1;
        Assert.Equal(1, backing.Bytes[5000]);
        backing.Bytes[5001] = 2;
        Assert.Equal(2, mounted.Bytes[5001]);
        Assert.Equal(2, File.ReadAllBytes(volume.On("data"))[5001]);
    }

    [Fact]
    public void A_store_through_a_cached_mapping_reaches_the_backing_file_with_msync_and_every_reader_of_the_mount_at_once()
    {
        using MountedVolume volume = new(FuseDataPath.PageCache);
        volume.WriteFile("data");
        using MappedFile mounted = new(volume.On("data"), 16);
        using MappedFile again = new(volume.On("data"), 16);

        mounted.Bytes[5000] = 1;
        Assert.Equal(1, again.Bytes[5000]);
        Assert.Equal(1, File.ReadAllBytes(volume.On("data"))[5000]);
        Assert.Equal(0, mounted.Sync());
        Assert.Equal(1, File.ReadAllBytes(volume.Under("data"))[5000]);
    }

    [Fact]
    public void Names_that_are_not_UTF8_stay_as_they_are()
    {
        using MountedVolume volume = new();
        Command.Shell(
            $"""
            cd {volume.Mount}; name=$(printf 'caf\351\377\001 x'); mkdir "$name"; echo hello > "$name/$name"; ln -s "$name" "l$name"
            mv "$name/$name" "$name/b$name"; test "$(cat "l$name/b$name")" = hello; test "$(ls -A | wc -l)" = 2
            test "$(ls -A | sort | od -An -c)" = "$(ls -A {volume.Backing} | sort | od -An -c)"
            rm -r "$name" "l$name"; test -z "$(ls -A)"
            """).MustSucceed();
    }

    [Fact]
    public void A_directory_with_thousands_of_names_is_listed_whole()
    {
        using MountedVolume volume = new();
        Command.Shell($"cd {volume.Backing}; seq -f 'some-longer-name-%g' 1 5000 | xargs touch").MustSucceed();

        Assert.Equal(5000, Directory.GetFiles(volume.Mount).Distinct().Count());
        Assert.Equal("5000\n", Command.Shell($"ls -l {volume.Mount} | grep -c some-longer").MustSucceed().Output);
    }

    [Fact]
    public void Rename_may_be_told_to_replace_nothing_or_to_exchange()
    {
        using MountedVolume volume = new();
        File.WriteAllText(volume.On("a"), "a");
        File.WriteAllText(volume.On("b"), "b");

        Assert.Equal(-EEXIST, Libc.Rename(volume.On("a"), volume.On("b"), 1));
        Assert.Equal(0, Libc.Rename(volume.On("a"), volume.On("b"), 2));
        Assert.Equal("ab", File.ReadAllText(volume.On("b")) + File.ReadAllText(volume.On("a")));
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public void Holes_are_found_and_a_file_without_a_name_lives_on(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        using OpenedFile file = new(volume.WriteFile("data"), Libc.O_RDWR);
        Command.Run("fallocate", "--punch-hole", "-o", "8192", "-l", "4096", volume.On("data")).MustSucceed();
        Assert.Equal(8192, Libc.Seek(file.Descriptor, 0, 4));
        Assert.Equal(12288, Libc.Seek(file.Descriptor, 8192, 3));

        File.Delete(volume.On("data"));
        Assert.Equal(0, Libc.Ftruncate(file.Descriptor, 5));
        Assert.Equal(5, Libc.Seek(file.Descriptor, 0, 2));
    }

    [Theory]
    [MemberData(nameof(DataPaths))]
    public void Appending_writers_do_not_overwrite_each_other(FuseDataPath dataPath)
    {
        using MountedVolume volume = new(dataPath);
        Command.Shell(
            $"""
            for w in 1 2 3 4; do (for i in $(seq 1 100); do echo "$w $i" >> {volume.On("log")}; done) & done; wait
            """).MustSucceed();
        Assert.Equal(400, File.ReadAllLines(volume.On("log")).Distinct().Count());
    }

    [Fact]
    public async Task A_volume_on_overlayfs_passes_through_and_says_that_mapped_punches_escape()
    {
        Root.IsNeededTo("mount overlayfs");
        string directory = Directory.CreateTempSubdirectory("daxemu-guards-overlay-").FullName;
        Command.Shell(
            $"""
            cd {directory}; mkdir lower upper work merged
            mount -t overlay daxemu-test -o lowerdir=lower,upperdir=upper,workdir=work merged
            """).MustSucceed();
        try
        {
            using MountedVolume volume = new(backing: Path.Combine(directory, "merged"));
            string file = volume.WriteFile("data");
            using (await volume.Pin("data", 4, 8))
            {
                Command.Run("truncate", "-s", "0", file).MustFailWith("Text file busy");
            }

            Command.Run("truncate", "-s", "0", file).MustSucceed();
            Assert.Contains(volume.Guard.Gaps, g => g.Contains("MADV_REMOVE", StringComparison.Ordinal));
        }
        finally
        {
            Command.Shell($"umount {directory}/merged; rm -r {directory}").MustSucceed();
        }
    }

    [Fact]
    public void Locks_exclude_other_processes_on_the_mount()
    {
        using MountedVolume volume = new();
        string file = volume.WriteFile("lock");
        Command.Shell($"exec 9<{file}; flock -n 9; if flock -n {file} true; then exit 1; fi").MustSucceed();
    }

    [Fact]
    public void What_is_mounted_below_the_volume_is_not_reachable_and_that_is_told()
    {
        Root.IsNeededTo("mount below the volume");
        using MountedVolume volume = new();
        Directory.CreateDirectory(volume.Under("other"));
        Command.Run("mount", "-t", "tmpfs", "daxemu-test", volume.Under("other")).MustSucceed();
        try
        {
            Command.Run("ls", volume.On("other")).MustFailWith("Invalid cross-device link");
            Assert.Contains(volume.Events.Warnings, w => w.Contains("something is mounted below it", StringComparison.Ordinal));
            volume.Events.Warnings.Clear();
        }
        finally
        {
            Command.Run("umount", volume.Under("other")).MustSucceed();
        }
    }
}
