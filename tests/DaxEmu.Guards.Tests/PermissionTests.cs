using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>The mount judges and owns as the backing file system would.</summary>
public sealed class PermissionTests
{
    [Fact]
    public void Another_user_gets_what_the_modes_allow_and_owns_what_it_makes()
    {
        Root.IsNeededTo("become another user");
        using MountedVolume volume = new();
        Command.Shell(
            $"""
            cd {volume.Mount}; echo secret > private; chmod 600 private; echo open > public; chmod 644 public
            mkdir shared; chmod 1777 shared; echo x > shared/roots
            """).MustSucceed();
        Command.ShellAsNobody(
            $"""
            cd {volume.Mount}; test "$(cat public)" = open
            if cat private 2>/dev/null; then exit 1; fi; if echo x > public; then exit 2; fi; if mkdir no; then exit 3; fi
            cd shared; umask 027; echo mine > f; mkdir d; ln -s f l; mkfifo p; ln f hard
            test "$(stat -c '%u:%g %a' f d p)" = "$(printf '65534:65534 640\n65534:65534 750\n65534:65534 640')"
            test "$(stat -c %u:%g l)" = 65534:65534
            if rm -f roots; then exit 4; fi; if chown 0 f; then exit 5; fi; if mknod dev c 1 3; then exit 6; fi
            chmod 4755 f; touch -d 2001-01-01 f; rm hard l; mv f g; truncate -s 3 g
            """).MustSucceed();
        Assert.Equal("65534:65534\n", Command.Shell($"stat -c %u:%g {volume.Under("shared/g")}").Output);
    }

    [Fact]
    public void A_supplementary_group_lets_its_member_create_files()
    {
        Root.IsNeededTo("become another user");
        using MountedVolume volume = new();
        Command.Shell($"mkdir {volume.On("team")}; chgrp 4321 {volume.On("team")}; chmod 2770 {volume.On("team")}").MustSucceed();
        Command.Run(
            "setpriv", "--reuid=65534", "--regid=65534", "--groups=4321", "/bin/sh", "-ec", $"cd {volume.On("team")}; echo x > f; mkdir d")
            .MustSucceed();
        Assert.Equal("65534:4321 644\n65534:4321 2755\n", Command.Shell($"cd {volume.Under("team")}; stat -c '%u:%g %a' f d").Output);
    }

    [Theory]
    [MemberData(nameof(MountedVolume.DataPaths), MemberType = typeof(MountedVolume))]
    public void A_write_by_another_user_drops_set_user_id(Fuse.FuseDataPath dataPath)
    {
        Root.IsNeededTo("become another user");
        using MountedVolume volume = new(dataPath);
        Command.Shell($"cd {volume.Mount}; for f in written truncated appended; do echo tool > $f; chmod 6777 $f; done").MustSucceed();

        Command.ShellAsNobody(
            $"cd {volume.Mount}; printf x | dd of=written conv=notrunc status=none; truncate -s 1 truncated; echo x >> appended").MustSucceed();

        Assert.Equal("777\n777\n777\n", Command.Shell($"cd {volume.Mount}; stat -c %a written truncated appended").Output);
        Assert.Equal("777\n777\n777\n", Command.Shell($"cd {volume.Backing}; stat -c %a written truncated appended").Output);
    }

    /// <summary>A default ACL (acl(5)) of u::rwx, g::r-x, o::--- replaces the umask of whoever creates below the directory.</summary>
    [Fact]
    public void A_default_ACL_is_inherited_in_place_of_the_umask()
    {
        using MountedVolume volume = new();
        const string Acl = "0x0200000001000700ffffffff04000500ffffffff20000000ffffffff";
        Command.Shell(
            $"""
            cd {volume.Mount}; mkdir d plain; setfattr -n system.posix_acl_default -v {Acl} d
            umask 0; mkdir d/sub; echo x > d/f; echo x > plain/f
            test "$(stat -c %a d/sub d/f plain/f | tr '\n' ' ')" = "750 640 666 "
            """).MustSucceed();
    }

    [Fact]
    public void Extended_attributes_are_set_listed_read_and_removed()
    {
        Root.IsNeededTo("become another user");
        using MountedVolume volume = new();
        string file = volume.WriteFile("data");
        Command.Shell($"setfattr -n user.a -v 1 {file}; setfattr -n user.b -v 22 {file}; setfattr -n trusted.c -v 3 {file}").MustSucceed();
        Assert.Contains(
            "user.a=\"1\"\nuser.b=\"22\"", Command.Shell($"getfattr -d --absolute-names {file}").Output, StringComparison.Ordinal);
        Command.Run("setfattr", "-x", "user.a", file).MustSucceed();
        Command.Run("getfattr", "-n", "user.a", file).MustFailWith("No such attribute");
        Command.ShellAsNobody($"if setfattr -n user.x -v 1 {file}; then exit 1; fi").MustSucceed();
    }
}
