using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Leases and delegations held on the file.</summary>
internal static class Leases
{
    internal static Finding? Judge(AuditFacts facts) => facts.File.IsDirectory ? null
        : facts.Leases.Count > 0
            ? new(
                "leases", Exposure.Now, string.Join(", ", facts.Leases.Select(Describe)),
                "Who opens the file to register it breaks the lease, and waits until it is given up or /proc/sys/fs/lease-break-time has passed.",
                "Let the holder give it up; sysctl fs.leases-enable=0 allows no new ones. Delegations: end the NFS client's use, or the export.")
            : new("leases", Exposure.No, "none held");

    private static string Describe(LeaseHolder lease)
    {
        string what = lease.Kind == "LEASE" ? "lease" : "delegation";
        string state = lease.State == "ACTIVE" ? "" : $", {lease.State.ToLowerInvariant()}";
        string holder = lease.ProcessId > 0 ? $"process {lease.ProcessId} ({lease.Command})" : "a process that has no number here";
        return $"{lease.Access.ToLowerInvariant()} {what} of {holder}{state}";
    }
}
