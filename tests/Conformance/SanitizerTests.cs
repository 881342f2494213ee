using Xunit;

namespace DaxEmu.Conformance;

/// <summary>
/// The libraries that stand inside other programs and inside the daemon, built with the compiler's sanitizers: AddressSanitizer,
/// UndefinedBehaviorSanitizer and ThreadSanitizer have nothing to report, and would have.
/// </summary>
public sealed class SanitizerTests(Machine machine)
{
    private const string Tenths = "10";

    public static TheoryData<string, string, string, string, string, string> Bugs => new()
    {
        {
            "address", "preload", "registrations.c", "            *at = r->next;\n            free(r);",
            "            free(r);\n            *at = r->next;", "heap-use-after-free"
        },
        {
            "address", "preload", "doorbell.c", "UINT64_C(1) << (handle % 64)", "1 << (handle % 64 + 32)", "shift exponent"
        },
        {
            "thread", "preload", "registrations.c", "static pthread_mutex_t guard", "static _Thread_local pthread_mutex_t guard", "data race"
        },
        {
            "address", "preload", "guard.c", "i < files->device_count;", "i <= DAXEMU_GUARD_DEVICES;", "insufficient space"
        },
        {
            "address", "native", "copy.c", "size_t head = length - tail;", "size_t head = length - tail + 8;", "heap-buffer-overflow"
        },
        {
            "thread", "native", "atomic.c", "__atomic_fetch_add(target, add, __ATOMIC_SEQ_CST)", "(*target += add) - add", "data race"
        },
    };

    [Theory]
    [InlineData("address", "preload")]
    [InlineData("thread", "preload")]
    [InlineData("address", "native")]
    [InlineData("thread", "native")]
    public async Task Threads_that_use_a_library_at_the_same_time_give_nothing_to_report(string sanitizer, string library)
    {
        string program = await CompileAsync(machine, sanitizer, library, NativeSources.Of(library), "-Werror");

        (await RunAsync(program, sanitizer, library)).Succeeded();
    }

    /// <summary>The same with a bug put into the library.</summary>
    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_bug_is_reported(string sanitizer, string library, string file, string right, string wrong, string expected)
    {
        string copy = await NativeSources.CopyAsync(library, file, right, wrong);
        string program = await CompileAsync(machine, sanitizer, library, copy, "-w");
        Directory.Delete(copy, recursive: true);

        ProgramResult result = await RunAsync(program, sanitizer, library);

        Assert.NotEqual(0, result.ExitStatus);
        Assert.Contains(expected, result.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("address", "libasan.so")]
    [InlineData("thread", "libtsan.so")]
    public async Task A_program_that_knows_of_no_sanitizer_gives_nothing_to_report(string sanitizer, string runtime)
    {
        Machine.Require("ibv_rc_pingpong", "ibverbs-utils");
        string library = Path.Combine(machine.Files, $"libdaxemu-preload-{sanitizer}.so");
        await machine.CompileAsync(library, [.. Flags(sanitizer), "-Werror", "-fPIC", "-shared", "-fvisibility=hidden"], NativeSources.Of("preload"), null);
        ProgramResult found = (await machine.RunWithoutDaemonAsync("gcc", $"-print-file-name={runtime}")).Succeeded();

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(
            "ibv_rc_pingpong", ["-g", "3", "-c", "-e"],
            environment: new Dictionary<string, string>(Options) { ["LD_PRELOAD"] = $"{found.Text.Trim()}:{library}" });

        Assert.DoesNotContain("Sanitizer", server.Succeeded().Text + client.Succeeded().Text, StringComparison.Ordinal);
    }

    // Leaks are the programs' own. Symbols are not looked up: ThreadSanitizer maps memory for that before it is ready for our mmap(2).
    // What has gone wrong once may go on for ever.
    internal static Dictionary<string, string> Options => new()
    {
        ["ASAN_OPTIONS"] = "detect_leaks=0:handle_sigbus=0",
        ["TSAN_OPTIONS"] = "symbolize=0:halt_on_error=1",
    };

    // -Wno-tsan: it does not know fences, with which the libraries order themselves against other processes alone.
    private static string[] Flags(string sanitizer) =>
    [
        "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-U_FORTIFY_SOURCE", "-pthread",
        "-I", NativeSources.Of("include"),
        .. sanitizer == "thread"
            ? ["-fsanitize=thread", "-Wno-tsan", "-include", Path.Combine(AppContext.BaseDirectory, "programs", "tsan.h")]
            : (string[])["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    ];

    /// <summary>Builds a library's exercise together with its sources.</summary>
    internal static async Task<string> CompileAsync(Machine machine, string sanitizer, string library, string sources, string warnings)
    {
        Assert.SkipUnless(
            File.Exists("/usr/include/infiniband/verbs.h"), "infiniband/verbs.h is missing (Debian: apt-get install libibverbs-dev)");
        string program = Path.Combine(machine.Files, $"{library}_{Guid.NewGuid():n}");
        await machine.CompileAsync(
            program, [.. Flags(sanitizer), warnings, "-rdynamic"], sources, Path.Combine(AppContext.BaseDirectory, "programs", $"{library}_exercise.c"));
        return program;
    }

    // ThreadSanitizer does not let a handler of SIGBUS be left by a jump, so for it the pages stay.
    private Task<ProgramResult> RunAsync(string program, string sanitizer, string library) => machine.RunWithAsync(
        Options, program, library == "native" ? [Tenths, sanitizer == "thread" ? "stay" : "come-and-go"] : [Tenths]);
}
