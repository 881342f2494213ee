using System.Globalization;
using DaxEmu.Daemon.Audit.Facts;
using static DaxEmu.Abi.linux_capability;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>How much memory this user may pin: RLIMIT_MEMLOCK and CAP_IPC_LOCK.</summary>
internal static class MemoryLimitProbe
{
    /// <summary>Looks.</summary>
    public static MemoryLimit Look() => new(
        LimitIn(File.ReadLines("/proc/self/limits")),
        MayLockIn(File.ReadLines("/proc/self/status")));

    /// <summary>The soft limit in bytes: <c>Max locked memory  8388608  8388608  bytes</c>; null for unlimited.</summary>
    internal static long? LimitIn(IEnumerable<string> lines)
    {
        const string name = "Max locked memory";
        string? line = lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        string? soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, CultureInfo.InvariantCulture, out long bytes) ? bytes : null;
    }

    /// <summary>Whether the effective capabilities, <c>CapEff: 000001ffffffffff</c>, hold CAP_IPC_LOCK.</summary>
    internal static bool MayLockIn(IEnumerable<string> lines)
    {
        const string name = "CapEff:";
        string? line = lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is not null && (ulong.Parse(line[name.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> CAP_IPC_LOCK & 1) != 0;
    }
}
