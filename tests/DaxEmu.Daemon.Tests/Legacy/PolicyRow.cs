namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A row of the table of the other policies: an operation on pinned bytes, and what it is told and what becomes of the region.</summary>
/// <param name="Policy">The policy of the file.</param>
/// <param name="Operation">The operation.</param>
internal sealed record PolicyRow(string Policy, PolicyOperation Operation)
{
    /// <summary>The columns.</summary>
    public static IReadOnlyList<string> Filesystems { get; } = ["ext4", "xfs", "btrfs", "tmpfs"];

    /// <summary>The table.</summary>
    public static IReadOnlyList<PolicyRow> All { get; } =
    [
        .. from policy in new[] { "deny", "ignore", "wait", "lease-revoke", "lease-kill", "odp" }
           from operation in PolicyOperation.All
           select new PolicyRow(policy, operation),
    ];

    /// <summary>As the document has it.</summary>
    public string Name => $"`{Policy}`: {Operation.Name}";

    /// <summary>What must come of it on a filesystem.</summary>
    public string On(string filesystem)
    {
        // tmpfs has no FALLOC_FL_ZERO_RANGE: what a policy lets through fails there.
        string proceeds = filesystem == "tmpfs" && Operation.IsUnknownToTmpfs ? "EOPNOTSUPP" : "proceeds";
        return Policy switch
        {
            "deny" => "ETXTBSY; region stays",
            "ignore" => "pretends; region stays",
            "wait" => "ETIMEDOUT; region stays",
            "lease-revoke" => $"{proceeds}; region revoked",
            "lease-kill" => $"{proceeds}; holder killed",
            _ => proceeds == "proceeds" ? "proceeds; region follows the file" : $"{proceeds}; region stays",
        };
    }
}
