using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Doctor;

/// <summary>What the FUSE guard needs, and what it can do here.</summary>
internal static class FuseProbes
{
    private const string DevicePath = "/dev/fuse";

    /// <summary>The FUSE device, by opening it.</summary>
    public static ProbeResult Device()
    {
        const string cost = "No volume can be guarded through a mount.";
        try
        {
            using FileStream device = File.Open(DevicePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return ProbeResult.Ok(DevicePath, "can be opened");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return ProbeResult.Missing(DevicePath, "not there", cost, "modprobe fuse; in a container: --device /dev/fuse");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ProbeResult.Missing(DevicePath, e.Message, cost, "Run as root, or let the user open it: chmod 666 /dev/fuse, as distributions do.");
        }
    }

    /// <summary>fusermount3(1), with which ordinary users mount.</summary>
    public static async Task<ProbeResult> MountHelperAsync()
    {
        ProgramRun run = await ProgramRun.OfAsync("fusermount3", ["--version"]);
        return run.Succeeded
            ? ProbeResult.Ok("fusermount3", run.Output.Trim())
            : ProbeResult.Degraded("fusermount3", run.Complaint, "Only root can mount a guarded volume.", "apt-get install fuse3");
    }

    public static IEnumerable<ProbeResult> Guard() => [];
}
