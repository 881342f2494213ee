namespace DaxEmu.Linux.Processes;

/// <summary>
/// The kernel functions that a blocked thread is in: <c>/proc/TID/stack</c> (proc(5), CONFIG_STACKTRACE), which needs CAP_SYS_ADMIN. Functions that
/// the compiler has merged into their callers are missing.
/// </summary>
public sealed class KernelStack
{
    private readonly string[] _functions;

    private KernelStack(string text) =>
        // "[<0>] vfs_fallocate+0x2d8/0x3d0", the innermost first.
        _functions =
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line[(line.LastIndexOf(' ') + 1)..].Split('+')[0]),
        ];

    /// <summary>True when it could not be read, or the thread is in no call.</summary>
    public bool IsEmpty => _functions.Length == 0;

    /// <summary>Reads the stack of a thread.</summary>
    /// <param name="thread">Its id; 0 for one that has none in this pid namespace.</param>
    public static KernelStack Of(int thread) => new(thread <= 0 ? "" : ProcessFile.Read($"/proc/{thread}/stack"));

    /// <summary>True when the thread is in a function of that name.</summary>
    public bool Has(string function) => Array.IndexOf(_functions, function) >= 0;

    /// <summary>The first of the functions that the thread is in, or null.</summary>
    public string? FirstOf(params ReadOnlySpan<string> functions)
    {
        foreach (string function in functions)
        {
            if (Has(function))
            {
                return function;
            }
        }

        return null;
    }
}
