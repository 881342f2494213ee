using DaxEmu.Daemon.Commands;

namespace DaxEmu.Daemon.Tests;

/// <summary>Runs a command line inside the test's process.</summary>
internal static class CommandLine
{
    public static async Task<(int Status, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int status = await DaxEmuCommand.RunAsync(arguments, output, error);
        return (status, output.ToString(), error.ToString());
    }
}
