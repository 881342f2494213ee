using System.Globalization;

namespace DaxEmu.Linux.Processes;

/// <summary>What proc(5) says of a process. Anything may change, or be gone, by the time it is read.</summary>
public static class ProcessStatus
{
    // proc_pid_stat(5): field 22, counted from 1; fields 1 and 2 end at the last ')'.
    private const int StartTimeAfterCommand = 22 - 3;
    private const int UserTimeAfterCommand = 14 - 3;

    /// <summary>Name of the program (/proc/PID/comm, 15 bytes); empty when the process is gone or not visible.</summary>
    /// <param name="processId">Its id; 0 for one that has none in this pid namespace.</param>
    public static string CommandOf(int processId) => Read(processId, "comm").TrimEnd('\n');

    /// <summary>When it started, in clock ticks since boot: tells a process from a later one with its number. 0 when it is gone.</summary>
    /// <param name="processId">Its id.</param>
    public static ulong StartTimeOf(int processId)
    {
        string line = Read(processId, "stat");
        int end = line.LastIndexOf(')');
        return end < 0 ? 0 : ulong.Parse(line[(end + 2)..].Split(' ')[StartTimeAfterCommand], CultureInfo.InvariantCulture);
    }

    /// <summary>True when a program may be signalled by a user who has no capabilities (kill(2)).</summary>
    /// <param name="processId">The program's id.</param>
    /// <param name="user">The user.</param>
    public static bool MayBeSignalledBy(int processId, uint user)
    {
        // "Uid:" real, effective, saved set, filesystem: the user's must be the real or the saved set one.
        string line = Read(processId, "status").Split('\n').FirstOrDefault(l => l.StartsWith("Uid:", StringComparison.Ordinal)) ?? "";
        string[] ids = line.Split('\t');
        string own = user.ToString(CultureInfo.InvariantCulture);
        return user == 0 || (ids.Length > 3 && (ids[1] == own || ids[3] == own));
    }

    /// <summary>Time that a thread has run in user mode, in clock ticks; 0 when it is gone.</summary>
    /// <param name="thread">Its id.</param>
    public static ulong UserTimeOf(int thread)
    {
        string line = Read(thread, $"task/{thread}/stat");
        int end = line.LastIndexOf(')');
        return end < 0 ? 0 : ulong.Parse(line[(end + 2)..].Split(' ')[UserTimeAfterCommand], CultureInfo.InvariantCulture);
    }

    /// <summary>True when a thread is one of this process.</summary>
    /// <param name="thread">Its id.</param>
    public static bool IsOwnThread(int thread) => thread > 0 && Directory.Exists($"/proc/self/task/{thread}");

    private static string Read(int processId, string file)
    {
        try
        {
            return processId <= 0 ? "" : File.ReadAllText($"/proc/{processId}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
