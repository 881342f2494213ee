using DaxEmu.Linux.Processes;

namespace DaxEmu.Guards.Fuse;

/// <summary>Tells a punch through a mapping from a read or write, by what the blocked thread is at.</summary>
internal static class PunchingCall
{
    /// <summary>True when the thread is in madvise(MADV_REMOVE).</summary>
    /// <param name="thread">Its id, 0 when it has none here: then nothing can be told, and reads and writes must not suffer for it.</param>
    /// <param name="call">The call it is in.</param>
    internal static bool IsPunch(int thread, out BlockedSystemCall call)
    {
        call = thread == 0 ? BlockedSystemCall.Unknown : BlockedSystemCall.Of(thread);

        // The event is queued an instant before its thread goes to sleep.
        while (call.IsRunning)
        {
            Thread.Yield();
            call = BlockedSystemCall.Of(thread);
        }

        return call.IsMadviseRemove || (call.IsWorker && IsWorkerPunching(thread));
    }

    // A worker of io_uring is in no system call, but its stack tells (fs/proc/base.c, CONFIG_STACKTRACE).
    private static bool IsWorkerPunching(int thread)
    {
        try
        {
            return File.ReadAllText($"/proc/{thread}/stack").Contains("io_madvise", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
