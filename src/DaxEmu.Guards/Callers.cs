using System.Globalization;
using DaxEmu.Abi;
using DaxEmu.Contract;

namespace DaxEmu.Guards;

/// <summary>Who is behind a request. The kernel names the calling thread, by 0 when it has no id in the guard's pid namespace.</summary>
internal static class Callers
{
    internal static Requester Of(in fuse_in_header header) => Describe((int)header.pid, header.uid);

    /// <summary>The caller behind an event that does not tell the user.</summary>
    internal static Requester OfThread(int thread) => Describe(thread, null);

    private static Requester Describe(int thread, uint? user)
    {
        try
        {
            string[] status = thread == 0 ? [] : File.ReadAllLines($"/proc/{thread}/status");
            int process = (int)Number(status, "Tgid:", 0, (uint)thread);
            string command = process == 0 ? "" : File.ReadAllText($"/proc/{process}/comm").TrimEnd('\n');

            // "Uid:" lists real, effective, saved and file system user id (proc(5)).
            return new(process, user ?? Number(status, "Uid:", 3, uint.MaxValue), command);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(thread, user ?? uint.MaxValue, "");
        }
    }

    private static uint Number(string[] status, string key, int column, uint otherwise)
    {
        string? line = Array.Find(status, l => l.StartsWith(key, StringComparison.Ordinal));
        string[] words = line is null ? [] : line[key.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > column ? uint.Parse(words[column], CultureInfo.InvariantCulture) : otherwise;
    }
}
