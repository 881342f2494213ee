using System.Diagnostics;
using DaxEmu.Contract;
using DaxEmu.Guards.Fuse;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>Mounting, unmounting, and what is left of it.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public void A_thousand_files_made_and_deleted_leave_no_descriptor_and_no_node()
    {
        using MountedVolume volume = new();
        MakeAndDelete(volume);
        int before = Descriptors();
        for (int i = 0; i < 10; i++)
        {
            MakeAndDelete(volume);
        }

        // The forgets follow at the kernel's leisure: it sends them before it answers the unmount at the latest.
        volume.Guard.Dispose();
        Assert.InRange(Descriptors(), 0, before);
        Assert.Equal(1, volume.Volume.Nodes.Count);
    }

    [Fact]
    public void Once_the_kernel_drops_its_caches_no_node_but_the_root_is_left()
    {
        Root.IsNeededTo("drop the kernel's caches");
        using MountedVolume volume = new();
        Command.Shell(
            $"""
            cd {volume.Mount}; mkdir -p a/b; for i in $(seq 200); do echo $i > a/f$i; ln a/f$i a/b/h$i; ln -s f$i a/l$i; done
            ls -lR . > ../listed; mv a/f1 a/b/f2; mv --exchange a/f3 a/f4 2>&- || mv a/f3 a/f4; find . -type f | xargs cat > ../read
            """).MustSucceed();
        Assert.InRange(volume.Volume.Nodes.Count, 200, int.MaxValue);

        // Forgets follow at the kernel's leisure, and what a program of the machine looks at meanwhile comes back.
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    File.WriteAllText("/proc/sys/vm/drop_caches", "2");
                    return volume.Volume.Nodes.Count == 1;
                },
                TimeSpan.FromSeconds(60)),
            $"{volume.Volume.Nodes.Count - 1} nodes are left");
    }

    [Fact]
    public async Task Two_volumes_of_one_process_with_files_of_the_same_names_keep_them_apart()
    {
        using MountedVolume one = new();
        using MountedVolume other = new();
        string pinned = one.WriteFile("data");
        string free = other.WriteFile("data");
        using (await one.Pin("data", 4, 8))
        {
            Command.Run("truncate", "-s", "0", pinned).MustFailWith("Text file busy");
            Command.Run("truncate", "-s", "0", free).MustSucceed();
            using var descriptor = File.OpenHandle(pinned, FileMode.Open, FileAccess.Read);
            Assert.False(other.Guard.TryResolveBacking(descriptor, out _));
        }

        Command.Run("truncate", "-s", "0", pinned).MustSucceed();
    }

    [Fact]
    public void Disposing_unmounts_and_joins_every_thread_even_while_a_file_is_open()
    {
        using MountedVolume volume = new();
        string file = volume.WriteFile("data");
        using (OpenedFile open = new(file, Libc.O_RDWR))
        {
            volume.Guard.Dispose();
            Assert.DoesNotContain(MountEntry.Read(), m => m.MountPoint == volume.Mount);

            // A thread that has been joined may be listed for an instant more.
            SpinWait.SpinUntil(() => !ThreadNames().Any(n => n.StartsWith("fuse ", StringComparison.Ordinal)), TimeSpan.FromSeconds(30));
            Assert.DoesNotContain(ThreadNames(), n => n.StartsWith("fuse ", StringComparison.Ordinal));
        }

        Assert.Contains(volume.Events.Warnings, w => w.Contains("ENOTCONN", StringComparison.Ordinal));
        volume.Events.Warnings.Clear();
    }

    [Fact]
    public void A_mount_left_by_a_killed_guard_is_taken_away_at_the_next_start()
    {
        using MountedVolume volume = new();
        File.WriteAllText(volume.On("data"), "kept");
        volume.Guard.Dispose();
        using (Process child = ChildGuard.Start(volume.Backing, volume.Mount))
        {
            Assert.Equal("kept", File.ReadAllText(volume.On("data")));
            child.Kill();
            child.WaitForExit();
        }

        Command.Run("ls", volume.Mount).MustFailWith("Transport endpoint is not connected");

        using FuseVolume again = FuseVolume.Open(volume.Backing, volume.Mount);
        using (FuseGuard guard = FuseGuard.Mount(again, volume.Contract, volume.Events, new FuseGuardOptions()))
        {
            Assert.Equal("kept", File.ReadAllText(volume.On("data")));
            Assert.Contains(volume.Events.Messages, m => m.Contains("killed guard", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(MountEntry.Read(), m => m.MountPoint == volume.Mount);
    }

    [Fact]
    public void A_mount_point_that_a_living_guard_serves_is_left_alone()
    {
        using MountedVolume volume = new();
        using FuseVolume second = FuseVolume.Open(volume.Backing, volume.Mount);

        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(
            () => FuseGuard.Mount(second, volume.Contract, volume.Events, new FuseGuardOptions()));

        Assert.Contains("already served", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(volume.Mount));
    }

    [Theory]
    [InlineData("v", "v")]
    [InlineData("v", "v/below")]
    [InlineData("v/below", "v")]
    public void A_volume_and_its_mount_point_within_each_other_are_refused(string backing, string mount)
    {
        string directory = Directory.CreateTempSubdirectory("daxemu-guards-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(directory, "v/below"));
            Assert.Throws<ArgumentException>(() => FuseVolume.Open(Path.Combine(directory, backing), Path.Combine(directory, mount)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_missing_mount_point_is_named_in_the_error()
    {
        using MountedVolume volume = new();
        using FuseVolume elsewhere = FuseVolume.Open(volume.Backing, volume.Mount + "-missing");

        Exception failed = Assert.ThrowsAny<IOException>(
            () => FuseGuard.Mount(elsewhere, volume.Contract, volume.Events, new FuseGuardOptions()));

        Assert.Contains("-missing", failed.Message, StringComparison.Ordinal);
        Assert.Contains("ENOENT", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_descriptor_of_the_mount_resolves_to_its_backing_file_and_another_does_not()
    {
        using MountedVolume volume = new(FuseDataPath.Passthrough);
        string name = volume.WriteFile("data");
        using var descriptor = File.OpenHandle(name, FileMode.Open, FileAccess.ReadWrite);
        using var elsewhere = File.OpenHandle(volume.Under("data"), FileMode.Open, FileAccess.Read);

        Assert.False(volume.Guard.TryResolveBacking(elsewhere, out _));
        Assert.True(volume.Guard.TryResolveBacking(descriptor, out BackingFile? file));
        using (file)
        {
            Assert.Equal(name, file.Path);
            Assert.NotNull(file.Descriptor);
            RandomAccess.Write(file.Descriptor, "device"u8, 0);
            Assert.Equal("device", File.ReadAllText(name)[..6]);
            Assert.Equal(
                $"{file.Identity.Inode}\n", Command.Run("stat", "-c", "%i", name, volume.Under("data")).Output.Split('\n')[0] + "\n");
        }
    }

    [Fact]
    public async Task The_policy_comes_from_the_file_or_the_nearest_directory()
    {
        using MountedVolume volume = new();
        Command.Shell(
            $"cd {volume.Mount}; mkdir -p a/b; setfattr -n user.daxemu.policy -v ignore a").MustSucceed();
        volume.WriteFile("a/b/f");
        using PinnedPages pin = await volume.Pin("a/b/f", 0, 1);
        VolumePolicySource source = new(volume.Volume, new("Volumes:0:Policy", "ignore"), new("Policy", null));
        FileIdentity file = pin.Pin.Request.File;

        PolicySetting setting = source.Resolve(file, "");
        Assert.Equal((Policy.Ignore, PolicyScope.Directory), (setting.Policy, setting.Scope));
        Assert.StartsWith(volume.On("a "), setting.SetAt, StringComparison.Ordinal);

        Command.Shell($"setfattr -n user.daxemu.policy -v deny {volume.On("a/b/f")}").MustSucceed();
        setting = source.Resolve(file, "");
        Assert.Equal((Policy.Deny, PolicyScope.File), (setting.Policy, setting.Scope));

        Command.Shell($"cd {volume.Mount}; setfattr -x user.daxemu.policy a/b/f; setfattr -x user.daxemu.policy a").MustSucceed();
        Assert.Equal(PolicyScope.Volume, source.Resolve(file, "").Scope);
    }

    [Fact]
    public void A_file_that_the_kernel_has_forgotten_still_has_its_policy()
    {
        using MountedVolume volume = new();
        string forgotten = Path.Combine(volume.Backing, "d", "f");
        Command.Shell($"mkdir {volume.Backing}/d; touch {forgotten}; setfattr -n user.daxemu.policy -v deny {forgotten}").MustSucceed();
        VolumePolicySource source = new(volume.Volume, new("Volumes:0:Policy", "ignore"), new("Policy", null));

        PolicySetting setting = source.Resolve(new FileIdentity(0, 1), volume.On("d/f"));
        Assert.Equal((Policy.Deny, PolicyScope.File), (setting.Policy, setting.Scope));

        Command.Shell($"setfattr -x user.daxemu.policy {forgotten}; setfattr -n user.daxemu.policy -v deny {volume.Backing}/d").MustSucceed();
        Assert.Equal(PolicyScope.Directory, source.Resolve(new FileIdentity(0, 1), volume.On("d/f")).Scope);
    }

    private static void MakeAndDelete(MountedVolume volume)
    {
        for (int i = 0; i < 100; i++)
        {
            string name = volume.On($"file{i}");
            File.WriteAllText(name, "x");
            File.Delete(name);
        }
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static IEnumerable<string> ThreadNames() => Directory.GetDirectories("/proc/self/task").Select(NameOf);

    // None when the thread has ended since it was listed.
    private static string NameOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
