using System.Diagnostics;
using DaxEmu.Guards.Fuse;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>A guard without CAP_SYS_ADMIN, which mounts through fusermount3. For root each of these runs again as the user nobody.</summary>
public sealed class OrdinaryUserTests
{
    private const string NoPath = "/nonexistent";

    [Theory]
    [InlineData(typeof(LayoutRefusalTests), 12)]
    [InlineData(typeof(LifecycleTests), 9)]
    [InlineData(typeof(WaitingOperationTests), 3)]
    [InlineData(typeof(FileSystemTests), 9)]
    public void What_holds_for_the_guard_of_root_holds_for_an_ordinary_users(Type tests, int atLeast)
    {
        Root.IsNeededTo("become another user");
        Assert.InRange(OrdinaryUser.RunClass(tests), atLeast, int.MaxValue);
    }

    [Fact]
    public void It_tells_what_is_lost()
    {
        if (OrdinaryUser.HasRun(this))
        {
            return;
        }

        using MountedVolume volume = new();

        Assert.Equal((FuseDataPath.PageCache, "passthrough needs CAP_SYS_ADMIN: EPERM (1)"), (volume.Guard.DataPath, volume.Guard.DataPathReason));
        Assert.Contains(volume.Guard.Gaps, g => g.Contains("user_allow_other", StringComparison.Ordinal) || g.Contains("other users", StringComparison.Ordinal));
        Assert.Contains(volume.Guard.Gaps, g => g.Contains("msync", StringComparison.Ordinal));
    }

    [Fact]
    public void Where_fuse_conf_allows_it_other_users_can_use_the_mount()
    {
        const string Configuration = "/etc/fuse.conf";
        string directory = Directory.CreateTempSubdirectory("daxemu-guards-").FullName;
        try
        {
            string allowing = Path.Combine(directory, "fuse.conf");
            if (OrdinaryUser.HasRun(this, prepare: $"echo user_allow_other > {allowing}; mount --bind {allowing} {Configuration}"))
            {
                return;
            }

            Assert.SkipUnless(File.ReadLines(Configuration).Contains("user_allow_other"), $"{Configuration} does not have user_allow_other");
            using MountedVolume volume = new();
            string line = Assert.Single(File.ReadLines("/proc/mounts"), l => l.Contains(volume.Mount, StringComparison.Ordinal));
            Assert.Contains("allow_other", line, StringComparison.Ordinal);
            Assert.Contains(volume.Guard.Gaps, g => g.Contains("files that other users create", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Without_fusermount3_it_says_what_to_install()
    {
        if (OrdinaryUser.HasRun(this, environment: $"PATH={NoPath}"))
        {
            return;
        }

        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH") == NoPath, "fusermount3 is in the PATH");
        Assert.Contains("install fuse3", Assert.Throws<FuseMountException>(() => new MountedVolume()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_fusermount3_objects_to_is_in_the_error()
    {
        if (OrdinaryUser.HasRun(this))
        {
            return;
        }

        using MountedVolume volume = new();
        string closed = Directory.CreateDirectory(volume.Mount + "-closed").FullName;
        File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using FuseVolume elsewhere = FuseVolume.Open(volume.Backing, closed);

        FuseMountException refused = Assert.Throws<FuseMountException>(
            () => FuseGuard.Mount(elsewhere, volume.Contract, volume.Events, new FuseGuardOptions()));

        Assert.Contains($"no write access to mountpoint {closed}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_program_inherits_the_connection()
    {
        if (OrdinaryUser.HasRun(this))
        {
            return;
        }

        using MountedVolume volume = new();
        Assert.DoesNotContain("/dev/fuse", Command.Shell("ls -l /proc/self/fd").MustSucceed().Output, StringComparison.Ordinal);

        // That the listing would show it. Descriptors of this process may go while it is made, at which ls complains.
        using Process self = Process.GetCurrentProcess();
        Assert.Contains("/dev/fuse", Command.Shell($"ls -l /proc/{self.Id}/fd").Output, StringComparison.Ordinal);
    }
}
