using System.Runtime.InteropServices;

namespace DaxEmu.Linux;

/// <summary>A system call failed: its name, its arguments and its errno, as in <c>open("/x", O_RDWR) failed: EACCES (13)</c>.</summary>
public sealed class LinuxException : IOException
{
    /// <summary>Makes the exception for a failed call.</summary>
    /// <param name="call">The call with its arguments, as a reader would write it.</param>
    /// <param name="errno">The errno it failed with.</param>
    public LinuxException(string call, int errno)
        : base($"{call} failed: {ErrnoName.Describe(errno)}")
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>The call with its arguments.</summary>
    public string Call { get; }

    /// <summary>The errno.</summary>
    public int Errno { get; }

    /// <summary>The exception for the calling thread's last system call made through LibraryImport with SetLastError.</summary>
    /// <param name="call">The call with its arguments.</param>
    public static LinuxException FromLastError(string call) => new(call, Marshal.GetLastPInvokeError());
}
