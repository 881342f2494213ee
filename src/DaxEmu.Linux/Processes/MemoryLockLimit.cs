using System.Globalization;
using static DaxEmu.Abi.linux_capability;

namespace DaxEmu.Linux.Processes;

/// <summary>How much memory a process may lock: RLIMIT_MEMLOCK and CAP_IPC_LOCK, from /proc/PID.</summary>
/// <param name="Bytes">The soft limit; null for no limit.</param>
/// <param name="IsExempt">It has CAP_IPC_LOCK in this process's user namespace, so that the limit does not count.</param>
public readonly record struct MemoryLockLimit(long? Bytes, bool IsExempt)
{
    /// <summary>Looks; no limit for a process that is gone or cannot be seen.</summary>
    /// <param name="processId">The process.</param>
    public static MemoryLockLimit Of(int processId)
    {
        try
        {
            return new(
                BytesIn(File.ReadLines($"/proc/{processId}/limits")),
                MayLockIn(File.ReadLines($"/proc/{processId}/status")) && SharesUserNamespace(processId));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(null, IsExempt: true);
        }
    }

    /// <summary>The soft limit in bytes: <c>Max locked memory  8388608  8388608  bytes</c>; null for unlimited.</summary>
    public static long? BytesIn(IEnumerable<string> lines)
    {
        const string name = "Max locked memory";
        string? line = lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        string? soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, CultureInfo.InvariantCulture, out long bytes) ? bytes : null;
    }

    /// <summary>Whether the effective capabilities, <c>CapEff: 000001ffffffffff</c>, hold CAP_IPC_LOCK.</summary>
    public static bool MayLockIn(IEnumerable<string> lines)
    {
        const string name = "CapEff:";
        string? line = lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is not null && (ulong.Parse(line[name.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> CAP_IPC_LOCK & 1) != 0;
    }

    // Anybody has all capabilities in a user namespace of his own, and the kernel asks for this one in its own (capable(9)). A link that
    // cannot be read belongs to a process with more rights than this one.
    private static bool SharesUserNamespace(int processId)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{processId}/ns/user", false)?.Name == File.ResolveLinkTarget("/proc/self/ns/user", false)?.Name;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }
}
