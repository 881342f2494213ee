using DaxEmu.Linux;

namespace DaxEmu.Client;

/// <summary>A verb was refused: by the daemon, which then says why in a sentence, or by this library before it was sent.</summary>
public sealed class RdmaException : IOException
{
    /// <summary>Makes the exception for a refused verb.</summary>
    /// <param name="command">The verb with the arguments that matter, such as <c>reg_mr("/mnt/a", 0, 4096)</c>.</param>
    /// <param name="errno">The errno, positive, that a kernel driver would return.</param>
    /// <param name="reason">Why, in one sentence; may be empty.</param>
    public RdmaException(string command, int errno, string reason)
        : base(reason.Length == 0
            ? $"{command} failed: {ErrnoName.Describe(errno)}"
            : $"{command} failed: {ErrnoName.Describe(errno)}: {reason}")
    {
        Command = command;
        Errno = errno;
        Reason = reason;
    }

    /// <summary>The verb with the arguments that matter.</summary>
    public string Command { get; }

    /// <summary>The errno, positive: the number that a kernel driver would return for the same call.</summary>
    public int Errno { get; }

    /// <summary>Why, in the daemon's words: for a registration, what would make it work. Empty where it gave none.</summary>
    public string Reason { get; }
}
