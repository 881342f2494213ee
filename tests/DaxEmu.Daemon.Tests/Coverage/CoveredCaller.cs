namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>A column of the matrix: who does the operations.</summary>
/// <param name="Name">As the document has it.</param>
/// <param name="Word">The same in a file name.</param>
/// <param name="CommandLine">The program and its arguments; the paths of the compiled callers and of the Python one stand in for their names.</param>
internal sealed record CoveredCaller(string Name, string Word, IReadOnlyList<string> CommandLine)
{
    /// <summary>caller.c, with libc as a shared library.</summary>
    public const string Dynamic = "{dynamic}";

    /// <summary>caller.c, built with -static.</summary>
    public const string Static = "{static}";

    /// <summary>caller.py.</summary>
    public const string Script = "{script}";

    private const string Nobody = "65534";

    /// <summary>The columns.</summary>
    public static IReadOnlyList<CoveredCaller> All { get; } =
    [
        new("C program", "c", [Dynamic, "libc"]),
        new("static C program", "static", [Static, "libc"]),
        new("raw system call", "raw", [Dynamic, "raw"]),
        new("io_uring", "uring", [Dynamic, "uring"]),
        new("Python", "python", ["python3", Script]),
        new("another user", "user", ["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups", Dynamic, "libc"]),
        new("another mount namespace", "namespace", ["unshare", "--mount", "--propagation", "private", Dynamic, "libc"]),
        new("by the backing path", "backing", [Dynamic, "libc"]) { GoesAroundMount = true },
    ];

    /// <summary>Whether it asks by io_uring.</summary>
    public bool UsesRing => Word == "uring";

    /// <summary>Whether it names the files where they lie, and not through the guard's mount.</summary>
    public bool GoesAroundMount { get; private init; }
}
