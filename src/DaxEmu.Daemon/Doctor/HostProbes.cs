using System.Runtime.InteropServices;
using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Doctor;

/// <summary>What the machine is and has.</summary>
internal static class HostProbes
{
    /// <summary>The kernel, for the reader: every feature is probed on its own.</summary>
    public static ProbeResult Kernel() => ProbeResult.Ok(
        "kernel", $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}");

    /// <summary>RDMA devices of the host itself, which preloaded programs see only with DAXEMU_HOST_DEVICES=1.</summary>
    public static ProbeResult RdmaDevices()
    {
        const string directory = "/sys/class/infiniband";
        string[] devices = Directory.Exists(directory) ? [.. Directory.GetFileSystemEntries(directory).Select(d => Path.GetFileName(d)!)] : [];
        return ProbeResult.Ok("RDMA devices", devices.Length == 0 ? "none of the host's own: DaxEmu's are the only ones" : $"the host has {string.Join(", ", devices)}; programs see them in place of DaxEmu's with DAXEMU_HOST_DEVICES=1");
    }

    /// <summary>A C compiler, for building.</summary>
    public static async Task<ProbeResult> CompilerAsync()
    {
        ProgramRun run = await ProgramRun.OfAsync("cc", ["--version"]);
        return run.Succeeded
            ? ProbeResult.Ok("C compiler", run.Output.Split('\n')[0])
            : ProbeResult.Degraded(
                "C compiler", run.Complaint, "The native shims cannot be built; what is built runs.",
                "apt-get install gcc libc6-dev linux-libc-dev");
    }
}
