using System.CommandLine;

namespace DaxEmu.Daemon.Commands;

/// <summary>The command line of <c>daxemu</c>.</summary>
internal static class DaxEmuCommand
{
    /// <summary>Parses and runs a command line.</summary>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        ParseResult parsed = Create().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            // The last is the one that the others follow from: "serv" is no command, therefore none was given.
            await error.WriteLineAsync(parsed.Errors[^1].Message);
            await error.WriteLineAsync($"Try \"{CommandPath(parsed)} --help\".");
            return ExitStatus.Usage;
        }

        // The library's own handler would end the process 2 s after a SIGTERM: the daemon and the demo clean up in their own time.
        InvocationConfiguration invocation = new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return await Failures.ReportAsync(() => parsed.InvokeAsync(invocation), error);
    }

    private static RootCommand Create()
    {
        RootCommand root = new("Runs RDMA programs against real memory-mapped files on a machine without RDMA hardware.")
        {
            ServeCommand.Create(),
            StatusCommand.Create(),
            PinsCommand.Create(),
            WhyCommand.Create(),
            EventsCommand.Create(),
            PolicyCommand.Create(),
            RunCommand.Create(),
            DoctorCommand.Create(),
            AuditCommand.Create(),
            CompareCommand.Create(),
            CompareActorCommand.Create(),
            DemoCommand.Create(),
            DemoPeerCommand.Create(),
            VersionCommand.Create(),
        };
        ExitStatusHelp.AddTo(root);
        return root;
    }

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "daxemu" : "daxemu " + parsed.CommandResult.Command.Name;
}
