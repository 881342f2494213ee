using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;
using DaxEmu.Guards;
using DaxEmu.Guards.Fuse;

namespace DaxEmu.Daemon.Doctor;

/// <summary>What the FUSE guard needs, and what it can do here.</summary>
internal static class FuseProbes
{
    private const string DevicePath = "/dev/fuse";
    private const string Durability = "durability under legacy";

    /// <summary>The FUSE device, by opening it.</summary>
    public static ProbeResult Device()
    {
        const string cost = "Only fusermount3, where it is installed, can guard a volume through a mount.";
        try
        {
            using FileStream device = File.Open(DevicePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return ProbeResult.Ok(DevicePath, "can be opened");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return ProbeResult.Missing(DevicePath, "not there", "No volume can be guarded through a mount.", "modprobe fuse; in a container: --device /dev/fuse");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ProbeResult.Degraded(DevicePath, e.Message, cost, "Run as root, or let the user open it: chmod 666 /dev/fuse, as distributions do.");
        }
    }

    /// <summary>fusermount3(1), with which ordinary users mount and unmount.</summary>
    public static async Task<ProbeResult> MountHelperAsync()
    {
        ProgramRun run = await ProgramRun.OfAsync("fusermount3", ["--version"]);
        return run.Succeeded
            ? ProbeResult.Ok("fusermount3", run.Output.Trim())
            : ProbeResult.Degraded("fusermount3", run.Complaint, "Only root can guard a volume through a mount.", "apt-get install fuse3");
    }

    /// <summary>The guard itself, by mounting an empty volume: whether it can, with passthrough or not, and what it cannot do here.</summary>
    public static IReadOnlyList<ProbeResult> Guard()
    {
        string root = Directory.CreateTempSubdirectory("daxemu-doctor-").FullName;
        try
        {
            string backing = Directory.CreateDirectory(Path.Combine(root, "backing")).FullName;
            string mount = Directory.CreateDirectory(Path.Combine(root, "mount")).FullName;
            using FuseVolume volume = FuseVolume.Open(backing, mount);
            PolicyPlace nothing = new("", null);
            FileContract contract = new(new VolumePolicySource(volume, nothing, nothing), new BoundedJournal(1), TimeProvider.System, new PinHolderRelay());
            using FuseGuard guard = FuseGuard.Mount(volume, contract, new SilentEvents(), new FuseGuardOptions { Threads = 1 });
            return
            [
                ProbeResult.Ok("FUSE mount", "works"),
                guard.DataPath == FuseDataPath.Passthrough
                    ? ProbeResult.Ok("FUSE passthrough", guard.DataPathReason)
                    : ProbeResult.Degraded(
                        "FUSE passthrough", guard.DataPathReason,
                        "The mount has a page cache of its own: reads and writes go through the daemon, and cost two system calls more.",
                        "Linux 6.9 or newer and CAP_SYS_ADMIN."),
                guard.DataPath == FuseDataPath.Passthrough
                    ? ProbeResult.Degraded(
                        Durability, "told, not enacted: what passes through the mount is on the disk after fsync",
                        "Under legacy a not-durable event names what a device wrote and a real kernel would not have on the disk; here the disk has it.",
                        "Serve the volume with --passthrough off: such bytes are then held back, and its reads and writes cost two system calls more.")
                    : ProbeResult.Ok(
                        Durability,
                        "enacted: under legacy what only a device wrote is held in memory and kept from the disk until its region is deregistered, as by a "
                        + "real kernel; on tmpfs there is no disk, and nothing is held"),
                .. guard.Gaps.Select(gap => ProbeResult.Degraded(
                    "guard", gap, "The guard does not reach there, or cannot give the contract's answer in full.",
                    "Linux 6.14 or newer and CAP_SYS_ADMIN close most gaps, and user_allow_other in /etc/fuse.conf lets others use an ordinary "
                    + "user's mount; what is left is a limit of the kernel.")),
            ];
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return
            [
                ProbeResult.Missing(
                    "FUSE mount", e.Message, "No volume can be guarded through a mount.",
                    "apt-get install fuse3, or run as root; in a container: --device /dev/fuse --cap-add SYS_ADMIN."),
            ];
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
