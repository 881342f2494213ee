using System.Diagnostics;
using Xunit;

[assembly: AssemblyFixture(typeof(DaxEmu.Conformance.Machine))]

namespace DaxEmu.Conformance;

/// <summary>A machine with an RDMA device: a daemon, and how programs are run on it.</summary>
public class Machine : IAsyncLifetime
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ProgramPatience = TimeSpan.FromSeconds(120);

    private readonly string _directory = Directory.CreateTempSubdirectory("daxemu-conformance-").FullName;
    private RunningProgram? _daemon;

    /// <summary>The command.</summary>
    public static string Command { get; } = Path.Combine(AppContext.BaseDirectory, "daxemu");

    /// <summary>The library that is preloaded.</summary>
    public static string Library { get; } = Path.Combine(AppContext.BaseDirectory, "libdaxemu-preload.so");

    /// <summary>Where the daemon's sockets are.</summary>
    public string Runtime => Path.Combine(_directory, "run");

    /// <summary>The device's socket.</summary>
    public string Socket => Path.Combine(Runtime, "device.sock");

    /// <summary>A directory for files, gone afterwards.</summary>
    public string Files => Directory.CreateDirectory(Path.Combine(_directory, "files")).FullName;

    /// <summary>Whether <see cref="Volume"/> can be mounted.</summary>
    public bool HasVolume { get; } = File.Exists("/dev/fuse");

    /// <summary>A directory that the daemon guards.</summary>
    public string Volume => Path.Combine(_directory, "volume");

    /// <summary>The daemon's configuration file.</summary>
    protected virtual string Configuration => "{}";

    /// <summary>Environment of the programs, besides what makes them see the device.</summary>
    protected virtual IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>();

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        // Programs of other users find the socket there.
        File.SetUnixFileMode(_directory, (UnixFileMode)0x1ed);
        string configuration = Path.Combine(_directory, "daxemu.json");
        await File.WriteAllTextAsync(configuration, Configuration);
        string backing = Directory.CreateDirectory(Path.Combine(_directory, "backing")).FullName;
        Directory.CreateDirectory(Volume);
        string[] volumes = HasVolume ? ["--volume", $"{backing}:{Volume}"] : [];
        _daemon = RunningProgram.Start(
            Command, ["serve", "--socket", Runtime, "--config", configuration, .. volumes], new Dictionary<string, string>());
        Stopwatch waiting = Stopwatch.StartNew();
        while (!File.Exists(Socket))
        {
            Assert.False(_daemon.HasExited, $"the daemon ended at once: {_daemon.Text}");
            Assert.True(waiting.Elapsed < StartPatience, $"the daemon does not serve: {_daemon.Text}");
            await Task.Delay(20);
        }
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_daemon is not null)
        {
            // Politely, so that it unmounts.
            using RunningProgram kill = RunningProgram.Start("kill", ["-TERM", $"{_daemon.Id}"], new Dictionary<string, string>());
            await kill.EndAsync(StartPatience);
            await _daemon.EndAsync(StartPatience);
            _daemon.Dispose();
        }

        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Skips the test when a program is not installed.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="package">The Debian package that has it.</param>
    internal static void Require(string program, string package)
    {
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        Assert.SkipUnless(
            directories.Append("/usr/sbin").Any(d => File.Exists(Path.Combine(d, program))),
            $"{program} is not installed (Debian: apt-get install {package})");
    }

    /// <summary>Starts a program that sees the device.</summary>
    internal RunningProgram Start(string program, params IEnumerable<string> arguments) => Start(program, arguments, Socket);

    /// <summary>The same with an input of its own.</summary>
    internal RunningProgram StartWithInput(string program, params IEnumerable<string> arguments) =>
        Start(program, arguments, Socket, hasInput: true);

    /// <summary>The same, with some more variables.</summary>
    internal RunningProgram StartWithInput(
        IReadOnlyDictionary<string, string> environment, string program, params IEnumerable<string> arguments) =>
        Start(program, arguments, Socket, environment, hasInput: true);

    /// <summary>Starts a program that sees the device, with some more variables.</summary>
    internal RunningProgram StartWith(IReadOnlyDictionary<string, string> environment, string program, params IEnumerable<string> arguments) =>
        Start(program, arguments, Socket, environment);

    /// <summary>Runs a program that sees the device, to its end.</summary>
    internal async Task<ProgramResult> RunAsync(string program, params IEnumerable<string> arguments)
    {
        using RunningProgram running = Start(program, arguments);
        return new(running.CommandLine, await running.EndAsync(ProgramPatience), running.Text);
    }

    /// <summary>Runs a program preloaded as on a machine where no daemon runs.</summary>
    internal async Task<ProgramResult> RunWithoutDaemonAsync(string program, params IEnumerable<string> arguments)
    {
        using RunningProgram running = Start(program, arguments, Path.Combine(_directory, "no.sock"));
        return new(running.CommandLine, await running.EndAsync(ProgramPatience), running.Text);
    }

    /// <summary>Runs a program, to its end, that knows the daemon's socket, with some more variables.</summary>
    internal async Task<ProgramResult> RunWithAsync(
        IReadOnlyDictionary<string, string> environment, string program, params IEnumerable<string> arguments)
    {
        using RunningProgram running = RunningProgram.Start(
            program, arguments, new Dictionary<string, string>(environment) { ["DAXEMU_SOCKET"] = Socket });
        return new(running.CommandLine, await running.EndAsync(ProgramPatience), running.Text);
    }

    /// <summary>Runs a server and, once it listens, its client on the same machine.</summary>
    /// <param name="program">Takes <c>-p PORT</c> and, as a client, the server's name as the last argument.</param>
    /// <param name="arguments">For both.</param>
    /// <param name="server">For the server alone.</param>
    /// <param name="client">For the client alone.</param>
    /// <param name="environment">More variables for both.</param>
    internal async Task<(ProgramResult Server, ProgramResult Client)> RunPairAsync(
        string program, string[] arguments, string[]? server = null, string[]? client = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        int port = TcpPort.Unused();
        string[] both = ["-p", $"{port}", .. arguments];
        using RunningProgram serving = Start(program, [.. both, .. server ?? []], Socket, environment);
        await TcpPort.WaitUntilListeningAsync(port, serving, ProgramPatience);
        using RunningProgram asking = Start(program, [.. both, .. client ?? [], "localhost"], Socket, environment);
        int asked = await asking.EndAsync(ProgramPatience);
        int served = await serving.EndAsync(ProgramPatience);
        return (new(serving.CommandLine, served, serving.Text), new(asking.CommandLine, asked, asking.Text));
    }

    /// <summary>Compiles a program of <c>programs/</c>. Skips the test where that cannot be done.</summary>
    /// <param name="name">Without <c>.c</c>.</param>
    /// <param name="compiler">Which finds headers and libraries of its own, such as mpicc.</param>
    /// <param name="package">The Debian package that has it.</param>
    /// <param name="libraries">Besides libibverbs, such as <c>-lrpma</c>.</param>
    /// <returns>The program's path.</returns>
    internal async Task<string> CompileAsync(string name, string compiler = "gcc", string package = "gcc", params string[] libraries)
    {
        Require(compiler, package);
        Assert.SkipUnless(
            File.Exists("/usr/include/infiniband/verbs.h"), "infiniband/verbs.h is missing (Debian: apt-get install libibverbs-dev)");
        string program = Path.Combine(Files, name);
        if (!File.Exists(program))
        {
            string source = Path.Combine(AppContext.BaseDirectory, "programs", name + ".c");
            ProgramResult compiled = await RunWithoutDaemonAsync(
                compiler, [
                    "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-o", program, source, .. libraries, "-libverbs",
                    "-pthread"]);
            compiled.Succeeded();
        }

        return program;
    }

    /// <summary>Compiles C sources. Skips the test where that cannot be done.</summary>
    /// <param name="output">What to make.</param>
    /// <param name="flags">For the compiler.</param>
    /// <param name="sources">A directory, of which all sources are compiled.</param>
    /// <param name="source">One more, or null.</param>
    internal async Task CompileAsync(string output, IEnumerable<string> flags, string sources, string? source)
    {
        Require("gcc", "gcc");
        string[] files = [.. Directory.EnumerateFiles(sources, "*.c"), .. source is null ? (string[])[] : [source]];
        (await RunWithoutDaemonAsync("gcc", [.. flags, "-o", output, .. files, "-libverbs"])).Succeeded();
    }

    private RunningProgram Start(
        string program, IEnumerable<string> arguments, string socket, IReadOnlyDictionary<string, string>? more = null, bool hasInput = false)
    {
        Dictionary<string, string> environment = new(Settings)
        {
            ["LD_PRELOAD"] = Library,
            ["DAXEMU_SOCKET"] = socket,
        };
        environment.TryAdd("DAXEMU_DEBUG", "1");
        foreach ((string name, string value) in more ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        return RunningProgram.Start(program, arguments, environment, hasInput);
    }
}
