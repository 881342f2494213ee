using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Programs;
using DaxEmu.Linux;
using DaxEmu.Linux.Features;
using DaxEmu.Linux.Processes;

namespace DaxEmu.Daemon.Doctor;

/// <summary>What this process may do: memory files, limits, namespaces, its runtime directory.</summary>
internal static class ProcessProbes
{
    private const ulong EnoughOpenFiles = 4096;

    /// <summary>memfd_create(2), which every queue needs.</summary>
    public static ProbeResult MemoryFiles() => KernelFeature.MemoryFiles() switch
    {
        0 => ProbeResult.Ok("memory files", "memfd_create works, with seals"),
        int errno => ProbeResult.Missing(
            "memory files", $"memfd_create failed: {ErrnoName.Describe(errno)}",
            "Queues are shared in memory files: nothing runs without.", "Allow memfd_create in the seccomp profile; Linux 3.17 or newer has it."),
    };

    /// <summary>RLIMIT_NOFILE: each queue of a client is a descriptor of the daemon.</summary>
    public static ProbeResult OpenFiles()
    {
        string limit = Limit("Max open files");
        return ulong.TryParse(limit, out ulong files) && files < EnoughOpenFiles
            ? ProbeResult.Degraded(
                "open files", $"limit {limit}", $"Below {EnoughOpenFiles}, a few hundred queue pairs use it up.",
                "ulimit -n 65536, or LimitNOFILE=65536 in the service's unit.")
            : ProbeResult.Ok("open files", $"limit {limit}");
    }

    /// <summary>RLIMIT_MEMLOCK, which real drivers charge registrations against.</summary>
    public static ProbeResult LockedMemory(LockedMemoryRule rule)
    {
        string limit = MemoryLockLimit.Of(Environment.ProcessId) is { IsExempt: false, Bytes: { } bytes }
            ? $"this user may register {bytes} bytes (RLIMIT_MEMLOCK)"
            : "this user may register any amount";
        return ProbeResult.Ok(
            "locked memory", rule == LockedMemoryRule.Enforce ? limit : "RLIMIT_MEMLOCK does not count (Device:LockedMemory is ignore)");
    }

    /// <summary>User namespaces: a mount of one's own without being root.</summary>
    public static async Task<ProbeResult> UserNamespacesAsync()
    {
        // unshare(CLONE_NEWUSER) is refused to a process with threads: unshare(1) has one.
        ProgramRun run = await ProgramRun.OfAsync("unshare", ["--user", "--map-root-user", "true"]);
        return run.Succeeded
            ? ProbeResult.Ok("user namespaces", "unshare --user works")
            : ProbeResult.Degraded(
                "user namespaces", run.Complaint, "Ordinary users cannot make a namespace in which they may mount.",
                "sysctl kernel.unprivileged_userns_clone=1 and user.max_user_namespaces=15000, where the distribution has them.");
    }

    /// <summary>io_uring, whose requests carry no caller that a guard could ask about.</summary>
    public static ProbeResult IoUring() => KernelFeature.IoUring() switch
    {
        0 => ProbeResult.Ok("io_uring", "available to programs"),
        int errno => ProbeResult.Degraded(
            "io_uring", ErrnoName.Describe(errno), "Programs that need io_uring do not run here, and daxemu audit gets no verdict from the kernel.",
            "sysctl kernel.io_uring_disabled=0, or allow it in the seccomp profile."),
    };

    /// <summary>Whether the runtime directory can be used, by writing into it.</summary>
    public static ProbeResult RuntimeDirectory(string directory)
    {
        string existing = directory;
        while (!Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing)!;
        }

        try
        {
            string probe = Directory.CreateDirectory(Path.Combine(existing, $".daxemu-probe-{Environment.ProcessId}")).FullName;
            Directory.Delete(probe);
            return ProbeResult.Ok("runtime directory", existing == directory ? $"{directory} is writable" : $"{directory} can be made");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ProbeResult.Missing(
                "runtime directory", $"{existing}: {e.Message}", "The daemon has no place for its sockets.",
                "daxemu serve --socket DIR with a directory of your own, or run it as root.");
        }
    }

    private static string Limit(string name)
    {
        // "Max open files            1024                 524288               files"
        string line = File.ReadLines("/proc/self/limits").Single(l => l.StartsWith(name, StringComparison.Ordinal));
        return line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
    }
}
