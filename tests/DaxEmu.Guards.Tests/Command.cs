using System.Diagnostics;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>An ordinary program, run to its end.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Output">What it wrote to stdout.</param>
/// <param name="Errors">What it wrote to stderr.</param>
internal sealed record Command(int ExitCode, string Output, string Errors)
{
    internal static Command Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, errors.Result);
    }

    /// <summary>Runs a shell script that stops at its first failure.</summary>
    internal static Command Shell(string script) => Run("/bin/sh", "-ec", script);

    /// <summary>As the user nobody, without any privilege.</summary>
    internal static Command ShellAsNobody(string script) =>
        Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/bin/sh", "-ec", script);

    internal Command MustSucceed()
    {
        Assert.True(ExitCode == 0, $"exit {ExitCode}: {Errors}{Output}");
        return this;
    }

    internal Command MustFailWith(string message)
    {
        Assert.NotEqual(0, ExitCode);
        Assert.Contains(message, Errors, StringComparison.Ordinal);
        return this;
    }
}
