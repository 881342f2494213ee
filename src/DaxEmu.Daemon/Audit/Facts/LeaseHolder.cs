namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>A lease on the file: a line of /proc/locks.</summary>
/// <param name="Kind"><c>LEASE</c> of fcntl(2), or <c>DELEG</c> of an NFS server.</param>
/// <param name="Access"><c>READ</c> is broken by opens for writing and truncates, <c>WRITE</c> by every open.</param>
/// <param name="State"><c>ACTIVE</c>, <c>BREAKING</c> or <c>BREAKER</c>.</param>
/// <param name="ProcessId">Who holds it; 0 or less for one that has no number here.</param>
/// <param name="Command">Its program.</param>
internal sealed record LeaseHolder(string Kind, string Access, string State, int ProcessId, string Command)
{
    /// <summary>True when opening the file for reading would break it.</summary>
    public bool BrokenByReading => Access != "READ";
}
